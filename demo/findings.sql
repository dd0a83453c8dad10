-- The findings as a person wants to read them: first a table of them all, then each one with what was seen, where, how
-- bad it is, the evidence and the fix. Run it with psql in any database that has the extension.

\set QUIET on
\pset pager off
\pset border 1
\pset footer off
\pset null ''
set client_min_messages = warning;

create temporary view demo_findings as
select row_number() over (order by array_position('{critical,warning,info}', f.severity::text),
                                   array_position('{proven,high,medium}', f.confidence::text),
                                   f.saved_time desc nulls last, f.finding_id) as number,
       f.*, r.title
  from query_audit.findings f
  left join query_audit.rules r using (rule)
 where f.datname = current_database() and f.confidence::text <> 'low';

-- A time in milliseconds, as it is said.
create function pg_temp.said(ms double precision) returns text immutable language sql as
$$ select case when ms >= 60000 then round(ms::numeric / 60000, 1) || ' min'
               when ms >= 1000 then round(ms::numeric / 1000, 1) || ' s'
               when ms >= 10 then round(ms::numeric) || ' ms'
               else round(ms::numeric, 1) || ' ms' end $$;

-- A count with its noun.
create function pg_temp.said(count bigint, noun text) returns text immutable language sql as
$$ select to_char(count, 'FM999,999,999,999') || ' ' || noun || case when count = 1 then '' else 's' end $$;

-- A value of the evidence: lists without their brackets.
create function pg_temp.said(value jsonb) returns text immutable language sql as
$$ select case jsonb_typeof(value)
               when 'null' then 'not known'
               when 'array' then (select string_agg(item, '; ') from jsonb_array_elements_text(value) item)
               else value #>> '{}'
          end $$;

-- A labelled paragraph, broken at blanks and indented; nothing for an empty one.
create function pg_temp.paragraph(label text, words text) returns text immutable language sql as
$$ select '    ' || rpad(label, 10)
          || rtrim(regexp_replace(regexp_replace(trim(words), '\s+', ' ', 'g'),
                                  '(.{1,96})(?:\s+|$)', E'\\1\n              ', 'g'), E' \n')
          || E'\n'
    where trim(words) <> '' $$;

-- Text that has lines of its own keeps them.
create function pg_temp.code(label text, lines text) returns text immutable language sql as
$$ select '    ' || rpad(label, 10) || replace(trim(E' \n' from lines), E'\n', E'\n              ') || E'\n'
    where trim(lines) <> '' $$;

\echo
select number as "#", severity, confidence, rule, coalesce(relation::text, '') as relation, calls,
       pg_temp.said(wall_time) as "time", pg_temp.said(saved_time) as "the fix saves",
       regexp_replace(left(query, 48), '\s+', ' ', 'g') || case when length(query) > 48 then '…' else '' end as query
  from demo_findings
 order by number;

\pset tuples_only on
\pset format unaligned
select format(E'%s. %s\n', number, coalesce(title, rule))
       || pg_temp.paragraph('what', format('%s, %s, confidence %s', rule, severity, confidence))
       || coalesce(pg_temp.paragraph('where', concat_ws(', ', 'table ' || nullif(relation::text, ''),
                                               nullif(application_name, ''),
                                               (select string_agg(key || ' ' || value, ', ' order by key)
                                                  from jsonb_each_text(tags)))), '')
       || coalesce(pg_temp.paragraph('query', query), '')
       || coalesce(pg_temp.paragraph(case rule when 'count_before_paginate' then 'page' when 'redundant_count' then 'all rows' else 'after' end, parent_query), '')
       || pg_temp.paragraph('how bad', concat_ws(', ',
                            pg_temp.said(calls, 'call') || ' in ' || pg_temp.said(occurrences, 'occurrence'),
                            pg_temp.said(rows, 'row'),
                            pg_temp.said(wall_time) || ' waited (' || pg_temp.said(total_exec_time) || ' in the server)',
                            'the fix saves about ' || pg_temp.said(nullif(saved_time, 0))))
       || coalesce(pg_temp.paragraph('evidence', (select string_agg(replace(key, '_', ' ') || ' '
                                                                    || pg_temp.said(value), '; ')
                                                    from jsonb_each(evidence))), '')
       || coalesce(pg_temp.paragraph('fix', advice), '')
       || coalesce(pg_temp.code('', fix_sql), '')
  from demo_findings
 order by number;

select case count(*) filter (where confidence::text = 'low')
           when 0 then pg_temp.said(count(*), 'finding') || '.'
           else pg_temp.said(count(*) filter (where confidence::text <> 'low'), 'finding') || ', and '
                || count(*) filter (where confidence::text = 'low') || ' more of low confidence, not shown.'
       end
  from query_audit.findings
 where datname = current_database();
