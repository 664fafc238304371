# Compiled by make.sh; exercised by wasm-engine.test.ts.
package agent_policy

default CreateSandboxRequest := true

default ExecProcessRequest := false

ExecProcessRequest if {
	input.process.Args == ["id"]
	print("id is allowed")
}

# Answers with an object and keeps state.
default CreateContainerRequest := false

CreateContainerRequest := {"allowed": true, "ops": ops} if {
	not data.pstate.created[input.container_id]
	ops := [{"op": "add", "path": sprintf("/pstate/created-%s", [input.container_id]), "value": true}]
	count(input.OCI.Mounts) >= 0
}

# Reads the state that CreateContainerRequest left.
StartContainerRequest if data.pstate[sprintf("created-%s", [input.container_id])]

# An answer that is no decision.
WaitProcessRequest := "later"

# Reads what a bundle brings in data.json.
default SignalProcessRequest := false

SignalProcessRequest if input.signal in data.allowed_signals
