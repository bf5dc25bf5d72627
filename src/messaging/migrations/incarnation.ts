/** How a log that was restored from a backup is told from the one that its readers know. */
export const INCARNATION = /* sql */ `
-- Which server process answers, and which table: cheap enough to be asked with every page. Every restore, failover or
-- restart changes it, so that no reader gets a page before confirm_incarnation has looked.
create function $schema.log_place() returns text language sql stable as $$
  select concat_ws('/', extract(epoch from pg_postmaster_start_time()), '$schema.event_log'::regclass::oid)
$$;

-- Compares where the log is with where it was last seen. Somewhere else it may lack events that readers have seen, or
-- have others at their positions: it gets a new incarnation, by which they are told.
--   system    differs after restoring a dump into another cluster, and after pg_upgrade
--   timeline  differs after point-in-time recovery, and after a failover
--   database  differs after restoring a dump into a new database, and in a copy made with TEMPLATE
--   log       differs after restoring a dump over the old tables
-- A failover to a synchronous standby loses nothing and still counts: whether one was synchronous can't be known here, and
-- a false alarm costs a reader one look, while a missed one costs it events. An operator who knows better puts the old
-- incarnation back. What nothing of this shows is a disk put back to an earlier snapshot; there known_head helps, the
-- newest position that an instance remembers.
-- A server that refuses a part (managed ones may) is compared by the rest; what it refused is named in refused.
create function $schema.confirm_incarnation(known_head bigint)
returns table (place text, incarnation uuid, previous uuid, refused text[]) language plpgsql as $$
declare
  meta record;
  here jsonb := jsonb_build_object(
    'database', (select oid::text from pg_database where datname = current_database()),
    'log', '$schema.event_log'::regclass::oid::text);
begin
  refused := '{}';
  begin
    here := here || jsonb_build_object('system', (select system_identifier::text from pg_control_system()));
  exception when insufficient_privilege or undefined_function or feature_not_supported then
    refused := refused || 'system'::text;
  end;
  begin
    -- Not pg_control_checkpoint(): after a promotion that shows the old timeline until the next checkpoint.
    here := here || jsonb_build_object('timeline', substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8));
  exception when insufficient_privilege or undefined_function or feature_not_supported then
    refused := refused || 'timeline'::text;
  end;
  select m.*, greatest(m.floor_position, coalesce((select max(position) from $schema.event_log), 0)) as head
    into meta from $schema.log_meta m for update of m;
  previous := meta.incarnation;
  incarnation := case
    when meta.head < known_head or exists (
      select 1 from jsonb_each_text(meta.seen_at) seen join jsonb_each_text(here) now using (key) where seen.value <> now.value)
    then gen_random_uuid() else meta.incarnation end;
  if incarnation <> previous or not meta.seen_at @> here then
    update $schema.log_meta m set incarnation = confirm_incarnation.incarnation, seen_at = m.seen_at || here;
  end if;
  place := $schema.log_place();
  return next;
end $$;
`;
