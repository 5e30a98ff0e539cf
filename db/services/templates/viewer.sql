create or replace view {{service}}_private.me as
  select p.id from user_service.profiles p where p.id = (select auth.uid());
comment on view {{service}}_private.me is 'The caller, if their account still exists. A token can be valid after its account is deleted.';

create or replace view {{service}}_private.my_mutuals as
  select f.following_id as user_id
  from user_service.follows f
  where f.follower_id = (select auth.uid())
    and exists (select 1 from user_service.follows b where b.follower_id = f.following_id and b.following_id = (select auth.uid()));

create or replace view {{service}}_private.my_blocks as
  select b.blocked_id as user_id from user_service.blocks b where b.blocker_id = (select auth.uid())
  union all
  select b.blocker_id from user_service.blocks b where b.blocked_id = (select auth.uid());
comment on view {{service}}_private.my_blocks is 'Everyone whom the caller has blocked or who has blocked the caller.';
