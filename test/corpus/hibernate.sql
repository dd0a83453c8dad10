--: select keyed
select u1_0.id,u1_0.email,u1_0.name from users u1_0 where u1_0.id=$1
--: select keyed
select o1_0.customer_id,o1_0.id,o1_0.total from orders o1_0 where o1_0.customer_id=$1
--: select batch keyed
select o1_0.customer_id,o1_0.id from orders o1_0 where o1_0.customer_id = any ($1)
--: select page limit offset keyed
select p1_0.id,p1_0.title from post p1_0 where p1_0.status=$1 order by p1_0.created_on desc offset $2 rows fetch first $3 rows only
--: select page limit keyed
select p1_0.id from post p1_0 where p1_0.status=$1 order by p1_0.id fetch first $2 rows only
--: select count keyed
select count(p1_0.id) from post p1_0 where p1_0.status=$1
--: select count keyed
select count(distinct p1_0.id) from post p1_0 join post_tag t1_0 on p1_0.id=t1_0.post_id where t1_0.tag_id=$1
--: select keyed
select p1_0.id,c1_0.post_id,c1_0.id,c1_0.review from post p1_0 left join post_comment c1_0 on p1_0.id=c1_0.post_id where p1_0.id=$1
--: select locks keyed
select a1_0.id,a1_0.balance from account a1_0 where a1_0.id=$1 for no key update
--: select locks keyed
select a1_0.id,a1_0.balance from account a1_0 where a1_0.id=$1 for share of a1_0
--: insert
insert into post (created_on,status,title,id) values ($1,$2,$3,$4)
--: update keyed
update account set balance=$1,version=$2 where id=$3 and version=$4
--: delete keyed
delete from post_comment pc1_0 where pc1_0.post_id=$1
--: select norelation
select nextval('post_seq')
--: select filtered
select e1_0.id from employee e1_0 where e1_0.salary>(select avg(e2_0.salary) from employee e2_0 where e2_0.department_id=$1)
--: select filtered
select e1_0.id from event e1_0 where e1_0.starts_at>=$1 and e1_0.starts_at<$2 order by e1_0.starts_at
--: select keyed
select b1_0.id from book b1_0 where lower(b1_0.title) like $1 escape ''
--: select grouped
select d1_0.name,count(e1_0.id) from department d1_0 join employee e1_0 on e1_0.department_id=d1_0.id group by d1_0.name
