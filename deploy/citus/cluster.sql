-- Run as superuser on the coordinator, as often as you like: names the servers. A new one is added here, and gets its part
-- of the tables with `SELECT citus_rebalance_start()`.
SELECT citus_set_coordinator_host('coordinator', 5432);
SELECT citus_add_node('worker-1', 5432);
SELECT citus_add_node('worker-2', 5432);
