"""A real Kubernetes of two nodes on this machine, for the tests and for trying kfnb: `python -m tests.cluster`.

places        where everything lies and which addresses it has
shell         programs that are called and have to succeed
programs      Kubernetes, etcd, endpoints of S3 and GCS, built from source, cached
debian        what Debian provides: containerd, runc, buildah …
images        the images of the tests' pods, and the registry that holds them
certificates  certificates and kubeconfigs
components    long-lived processes: start, stop, is it alive
network       bridge, links, routes
control_plane etcd, API server, controllers, scheduler, registry, S3 gateway
node          a node: its namespaces, containerd, kubelet, kube-proxy, its fake GPUs
lifecycle     up, down, status
chaos         one component killed and started again, a node drained, a pod deleted
environment   the shell lines after which kubectl and kfnb work on it
fixtures      the same for pytest
"""
