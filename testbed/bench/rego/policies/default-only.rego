# The least a policy can be: answers that depend on nothing.
package agent_policy

import rego.v1

default CreateContainerRequest := true

default ExecProcessRequest := false

default ReadStreamRequest := false

default SetPolicyRequest := false

default SignalProcessRequest := true
