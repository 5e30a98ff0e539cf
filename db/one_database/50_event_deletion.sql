-- Deletion of an event with its unsold tickets. Refused if tickets were sold.

-- Definer: it reads and deletes tickets of others. Unpaid tickets that can no longer be paid are deleted with the
-- event, because otherwise a started checkout would prevent its deletion indefinitely.
create or replace function event_private.tg_events__remove_unsold_tickets()
returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Locked before tickets, in the order of account deletion.
  perform from post_service.posts p where p.event_id = old.id or p.attached_event_id = old.id order by p.id for update;
  perform from event_service.qna_upvotes u join event_service.event_qna q on q.id = u.question_id where q.event_id = old.id order by u.question_id, u.user_id for update of u;
  perform from event_service.event_qna q where q.event_id = old.id order by q.id for update;
  if exists (
    select from ticket_service.tickets t
    where t.event_id = old.id
      and (t.status in ('pending', 'active', 'refunded')
        or exists (select from ticket_service.ticket_transactions x where x.ticket_id = t.id and x.status <> 'failed')
        or exists (select from ticket_private.payments p where p.ticket_id = t.id and p.state >= 'paid')
        -- The buyer may still pay on a checkout page.
        or exists (select from ticket_private.attempts a where a.ticket_id = t.id
          and (a.check_at is not null or a.checkout_url is not null and a.started_at > now() - interval '30 days'))))
  then
    perform event_private.refuse('has_sold_tickets', 'Tickets to this event are sold, or somebody may still be paying for one. Cancel it instead of deleting it.', 409);
  end if;
  delete from ticket_private.payments p using ticket_service.tickets t where t.id = p.ticket_id and t.event_id = old.id;
  delete from ticket_private.attempts a using ticket_service.tickets t where t.id = a.ticket_id and t.event_id = old.id;
  delete from ticket_service.ticket_transactions x using ticket_service.tickets t where t.id = x.ticket_id and t.event_id = old.id;
  delete from ticket_service.tickets t where t.event_id = old.id;
  return old;
end $$;
revoke execute on function event_private.tg_events__remove_unsold_tickets() from public;
create or replace trigger events_remove_unsold_tickets before delete on event_service.events
  for each row execute function event_private.tg_events__remove_unsold_tickets();
