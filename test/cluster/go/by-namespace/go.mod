// Builds the plugin by which only some pods of a node of the test cluster have addresses of pools.
module autopool.test/cluster/by-namespace

go 1.26.0
