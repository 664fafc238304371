# What the clients' checks need, and only if the forwarder has made its two changes on the way: name
# servers are taken out, and a container goes into the pod's network namespace.
package agent_policy

import rego.v1

default AllowRequestsFailingPolicy := false
default CreateSandboxRequest := false
default CreateContainerRequest := false
default StartContainerRequest := true
default CopyFileRequest := true
default ExecProcessRequest := false
default ReadStreamRequest := true
default WriteStreamRequest := true
default CloseStdinRequest := true
default WaitProcessRequest := true
default RemoveContainerRequest := true
default SignalProcessRequest := true

CreateSandboxRequest if {
	count(input.dns) == 0
}

CreateContainerRequest if {
	some i
	input.OCI.Linux.Namespaces[i] == {"Type": "network", "Path": "/run/netns/podns"}
}
