begin;
set local search_path = extensions, public;
select no_plan();

select tests.make_people();
select tests.make_person('writer'), tests.make_person('hidden');
update user_service.user_privacy set profile_visible = false where user_id = tests.id('hidden');
select tests.make_post('open'), tests.make_post('diary', 'owner', '{"visibility": "private"}'), tests.make_post('other'), tests.make_post('mutual post', 'mutual');
insert into post_service.comments (id, post_id, author_id, content) values
  (tests.id('comment'), tests.id('open'), tests.id('writer'), 'Nice'), (tests.id('diary comment'), tests.id('diary'), tests.id('writer'), 'Secret'),
  (tests.id('hidden comment'), tests.id('open'), tests.id('hidden'), 'Hidden'), (tests.id('other comment'), tests.id('other'), tests.id('writer'), 'Other');

select is(tests.may('owner', 'post_service.comments'), 'select, insert (post_id, author_id, parent_comment_id, content), update (content), delete', 'clients may update only the content of a comment');
select is(tests.may('anonymous', 'post_service.comments'), 'select', 'anonymous visitors may read comments');
select tests.outcomes($$ select from post_service.comments where id = tests.id('comment') $$, 'writer 1, owner 1, stranger 1, anonymous 1, blocked 0, blocker 0, service 1', 'a comment is visible to everyone who sees the post and the author');
select tests.outcomes($$ select from post_service.comments where id = tests.id('diary comment') $$, 'owner 1, stranger 0, writer 0, anonymous 0', 'comments on a post are hidden from people who cannot see the post');
select tests.outcomes($$ select from post_service.comments where id = tests.id('hidden comment') $$, 'hidden 1, owner 0, stranger 0, anonymous 0', 'comments of a hidden person are hidden');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('writer'), tests.id('stranger'));
select tests.outcomes($$ select from post_service.comments where id = tests.id('comment') $$, 'stranger 0, mutual 1', 'a block hides comments');

-- Commenting.
select tests.outcomes($$ insert into post_service.comments (post_id, content) values (tests.id('open'), 'New') $$,
  'mutual 1, owner 1, blocked post_not_found/404, gone account_gone/401, anonymous 42501/grant', 'a caller comments on a visible post');
select tests.outcomes($$ insert into post_service.comments (post_id, content) values (tests.id('diary'), 'New') $$, 'owner 1, mutual post_not_found/404', 'a post that is not visible is refused');
select tests.outcomes($$ insert into post_service.comments (post_id, author_id, content) values (tests.id('open'), tests.id('writer'), 'New') $$, 'writer 1, owner 42501/policy', 'the author must be the caller');
select tests.outcomes($$ insert into post_service.comments (post_id, content, likes_count) values (tests.id('open'), 'New', 7) $$, 'owner 42501/grant', 'clients cannot set counters');
select tests.outcomes($$ insert into post_service.comments (post_id, parent_comment_id, content) values (tests.id('open'), tests.id('comment'), 'Reply') $$, 'mutual 1, stranger comment_not_found/404', 'a caller replies to a visible comment');
select tests.outcomes($$ insert into post_service.comments (post_id, parent_comment_id, content) values (tests.id('open'), tests.id('other comment'), 'Reply') $$, 'mutual comment_not_found/404', 'a reply must be under the same post as its parent');
select tests.outcomes($$ insert into post_service.comments (post_id, parent_comment_id, content) values (tests.id('open'), tests.id('nothing'), 'Reply') $$, 'mutual comment_not_found/404', 'the parent must exist');
select tests.outcomes(format($$ insert into post_service.comments (post_id, content) values (tests.id('open'), %s) $$, given), 'mutual ' || outcome, left(given, 40))
from (values (''' ''', 'invalid_comment/400'), ('repeat(''a'', 5001)', 'invalid_comment/400'), ('repeat(''a'', 5000)', '1'), ('null', '23514/tombstones_have_neither_author_nor_words')) inserts (given, outcome);

-- Changing and deleting.
select tests.outcomes($$ update post_service.comments set content = 'Changed' where id = tests.id('comment') $$, 'writer 1, owner 0, mutual 0, anonymous 42501/grant, service 1', 'only the author updates a comment');
select tests.outcomes($$ update post_service.comments set content = 'Changed' $$, 'mutual 0', 'an unconditional update changes no comment of others');
select tests.outcomes($$ update post_service.comments set post_id = tests.id('other') where id = tests.id('comment') $$, 'writer 42501/grant', 'clients cannot move a comment to another post');
select tests.outcomes($$ update post_service.comments set content = null where id = tests.id('comment') $$, 'writer 23514/tombstones_have_neither_author_nor_words', 'an author''s comment requires content');
select tests.outcomes($$ delete from post_service.comments where id = tests.id('comment') $$, 'writer 1, owner 1, mutual 0, anonymous 42501/grant', 'the author of the comment or of the post deletes it');
select tests.does('writer', $$ update post_service.comments set content = 'Changed' where id = tests.id('comment') $$);
select is((select updated_at from post_service.comments where id = tests.id('comment')), now(), 'an update sets updated_at');
update post_service.comments set updated_at = '2001-01-01' where id = tests.id('comment');
select tests.does('writer', $$ update post_service.comments set content = 'Changed again' where id = tests.id('comment') $$);
select is((select updated_at from post_service.comments where id = tests.id('comment')), now(), 'every update sets updated_at');
update post_service.comments set updated_at = '2001-01-01' where id = tests.id('comment');
update post_service.comments set likes_count = 0 where id = tests.id('comment');
select is((select updated_at from post_service.comments where id = tests.id('comment')), '2001-01-01', 'counting does not change updated_at');

-- Tombstones.
insert into post_service.comments (id, post_id, author_id, parent_comment_id, content) values (tests.id('reply'), tests.id('open'), tests.id('mutual'), tests.id('comment'), 'Reply');
insert into post_service.likes (user_id, likeable_type, likeable_id) values (tests.id('mutual'), 'comment', tests.id('comment'));
select is((select likes_count from post_service.comments where id = tests.id('comment')), 1, 'the comment is liked');
delete from post_service.comments where id = tests.id('comment');
select is((select array[coalesce(author_id::text, '-'), coalesce(content, '-'), likes_count::text] from post_service.comments where id = tests.id('comment')), array['-', '-', '0'], 'deleting a comment with replies leaves a tombstone without likes');
select is((select comments_count from post_service.posts where id = tests.id('open')), 3, 'a tombstone is counted');
select tests.outcomes($$ select from post_service.comments where id in (tests.id('comment'), tests.id('reply')) $$, 'mutual 2, stranger 2, anonymous 2', 'a tombstone and its replies are visible');
select tests.outcomes($$ select from post_service.comments c, post_service.parent(c) p where c.id = tests.id('reply') and p.id = tests.id('comment') $$, 'mutual 1, anonymous 1, blocked 0', 'parent() returns the comment that a reply replies to');
select tests.outcomes($$ select from post_service.comments c, post_service.replies(c) r where c.id = tests.id('comment') and r.id = tests.id('reply') $$, 'stranger 1, anonymous 1, blocked 0', 'replies() returns the visible replies');
select tests.outcomes($$ select from post_service.comments c, post_service.author(c) where c.id = tests.id('comment') $$, 'mutual 0', 'a tombstone has no author');
select tests.outcomes($$ update post_service.comments set author_id = tests.id('owner') where id = tests.id('comment') $$, 'database 23514/tombstones_have_neither_author_nor_words', 'a tombstone cannot get an author');

-- Counters.
insert into post_service.comments (id, post_id, author_id, content, likes_count) values (tests.id('imported'), tests.id('open'), tests.id('writer'), 'Old', 7);
select is((select likes_count from post_service.comments where id = tests.id('imported')), 0, 'imported counters are ignored');
select is((select comments_count from post_service.posts where id = tests.id('open')), 4, 'comments are counted, replies included');
update post_service.comments set post_id = tests.id('other') where id = tests.id('imported');
select is((select array_agg(comments_count order by id = tests.id('other')) from post_service.posts where id in (tests.id('open'), tests.id('other'))), array[3, 2], 'a comment with another post moves its count');
delete from post_service.comments where id = tests.id('imported');
select is((select comments_count from post_service.posts where id = tests.id('other')), 1, 'a deleted comment is no longer counted');

-- Constraints.
select tests.outcomes($$ insert into post_service.comments (post_id, author_id, parent_comment_id, content) values (tests.id('open'), tests.id('writer'), tests.id('other comment'), 'Reply') $$, 'database 23503/parent_under_the_same_post', 'a reply must be under the post of its parent');
select tests.outcomes($$ insert into post_service.comments (post_id, author_id, content) values (tests.id('nothing'), tests.id('writer'), 'New') $$, 'database 23503/comments_post_id_fkey', 'the post must exist');
select tests.outcomes($$ insert into post_service.comments (post_id, author_id, content) values (tests.id('open'), tests.id('nobody'), 'New') $$, 'database 23503/comments_author_id_fkey', 'the author must exist');
select tests.outcomes($$ insert into post_service.comments (id, post_id, author_id, content) values (tests.id('other comment'), tests.id('open'), tests.id('writer'), 'New') $$, 'writer 42501/grant, service 23505/comments_pkey', 'clients cannot set the id, and a taken id is refused');

-- author()
select tests.act_as('mutual');
select is((select (post_service.author(c)).username from post_service.comments c where id = tests.id('other comment')), 'tap_writer', 'author() returns the author');
select tests.act_as('database');
delete from post_service.posts where id = tests.id('open');
select is((select count(*)::int from post_service.comments where post_id = tests.id('open')), 0, 'comments and tombstones are deleted with their post');

-- The select policy does not apply to an update that reads no column.
select tests.make_person('unwelcome'), tests.make_post('newer');
insert into post_service.comments (post_id, author_id, content) values (tests.id('newer'), tests.id('unwelcome'), 'Hi');
select tests.outcomes($$ update post_service.comments set content = 'Rude' $$, 'unwelcome 1', 'an author updates their own comment');
insert into user_service.blocks (blocker_id, blocked_id) values (tests.id('owner'), tests.id('unwelcome'));
select tests.outcomes($$ update post_service.comments set content = 'Rude' $$, 'unwelcome 0', 'an author cannot update a comment on a post that is no longer visible');

select * from finish();
rollback;
