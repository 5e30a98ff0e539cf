-- Refund policies of hosts, and the current terms of sale.

do $$
begin
  if to_regtype('ticket_private.ticket_terms') is null then
    create type ticket_private.ticket_terms as (
      title text, price numeric, currency text, start_time timestamptz, refund_fee numeric, refund_deadline timestamptz);
  end if;
end $$;


create table if not exists ticket_service.refund_policies (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null constraint one_policy_for_each_event unique,
  fee_fixed numeric not null default 0 constraint fee_fixed_in_range check (fee_fixed >= 0 and fee_fixed < 1e12 and fee_fixed = round(fee_fixed, 4)
    or ticket_private.refuse('price_out_of_range', 'A price is 0 or more, less than 1,000,000,000,000, and has at most four decimals.')),
  fee_percent numeric not null default 0 constraint fee_percent_in_range check (fee_percent between 0 and 100
    or ticket_private.refuse('fee_out_of_range', 'A percentage is between 0 and 100.')),
  closes_hours_before int not null default 24 constraint closes_hours_before_in_range check (closes_hours_before between 0 and 8760
    or ticket_private.refuse('deadline_out_of_range', 'closes_hours_before is between 0 and 8,760.')),
  updated_at timestamptz not null default now(),
  constraint one_kind_of_fee check (fee_fixed = 0 or fee_percent = 0
    or ticket_private.refuse('two_fees', 'Give a fixed fee or a percentage, not both.'))
);
comment on table ticket_service.refund_policies is 'Fee and deadline of refunds that a buyer requests. A ticket keeps the policy of its purchase. Without a row: no fee, until 24 hours before the start.';
comment on column ticket_service.refund_policies.fee_fixed is 'Fee for each refund, in major units of the event''s currency.';
comment on column ticket_service.refund_policies.fee_percent is 'Fee for each refund, in percent of the price.';
comment on column ticket_service.refund_policies.closes_hours_before is 'Refunds end this many hours before the start.';

alter table ticket_service.refund_policies enable row level security;

drop policy if exists refund_policies_select_visible on ticket_service.refund_policies;
create policy refund_policies_select_visible on ticket_service.refund_policies for select to authenticated
  using (exists (select 1 from ticket_private.visible_events e where e.id = refund_policies.event_id));
drop policy if exists refund_policies_insert_host on ticket_service.refund_policies;
create policy refund_policies_insert_host on ticket_service.refund_policies for insert to authenticated
  with check (
    (exists (select 1 from ticket_private.me)
      or ticket_private.refuse('account_gone', 'This account no longer exists. Sign in again.', 401))
    and (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id)
      or ticket_private.refuse('event_not_found', 'You have no such event.', 404)));
drop policy if exists refund_policies_update_host on ticket_service.refund_policies;
create policy refund_policies_update_host on ticket_service.refund_policies for update to authenticated
  using (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id))
  with check (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id));
drop policy if exists refund_policies_delete_host on ticket_service.refund_policies;
create policy refund_policies_delete_host on ticket_service.refund_policies for delete to authenticated
  using (exists (select 1 from ticket_private.my_events e where e.id = refund_policies.event_id));

revoke all on ticket_service.refund_policies from anon, authenticated;
grant select, delete on ticket_service.refund_policies to authenticated;
grant insert (event_id, fee_fixed, fee_percent, closes_hours_before) on ticket_service.refund_policies to authenticated;
grant update (event_id, fee_fixed, fee_percent, closes_hours_before) on ticket_service.refund_policies to authenticated;
grant all on ticket_service.refund_policies to service_role;

create or replace trigger refund_policies_updated_at before update on ticket_service.refund_policies
  for each row execute function ticket_service.update_updated_at_column();


create or replace function ticket_private.currency_decimals(currency text)
returns int language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Payments in IDR use no decimals. The other currencies listed have no minor unit.
  return case when currency in ('IDR', 'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
    then 0 else 2 end;
end $$;
comment on function ticket_private.currency_decimals(text) is 'Number of decimals in payments in this currency.';
revoke execute on function ticket_private.currency_decimals(text) from public;

create or replace function ticket_private.get_terms(event uuid)
returns ticket_private.ticket_terms language plpgsql stable set search_path = '' as $$
declare
  terms ticket_private.ticket_terms;
begin
  select e.title, e.price, e.currency, e.start_time,
    least(e.price, round(coalesce(p.fee_fixed + e.price * p.fee_percent / 100, 0), ticket_private.currency_decimals(e.currency))),
    e.start_time - make_interval(hours => coalesce(p.closes_hours_before, 24))
  into terms
  from event_service.events e left join ticket_service.refund_policies p on p.event_id = e.id
  where e.id = event;
  return terms;
end $$;
comment on function ticket_private.get_terms(uuid) is 'Current price and refund terms of a ticket to this event.';
revoke execute on function ticket_private.get_terms(uuid) from public;
