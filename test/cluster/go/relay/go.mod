// Builds the relay that joins the test cluster's network namespaces.
module autopool.test/cluster/relay

go 1.26.0
