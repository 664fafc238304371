package agent_policy

# What the Go client's checks need; exec is refused and GetMetricsRequest is left undefined.
default CloseStdinRequest := true

default CreateContainerRequest := false

# Exact integers: the client sends one that a double cannot hold.
CreateContainerRequest if input.OCI.Linux.Resources.Memory.Limit == 9007199254740993

default CreateSandboxRequest := true

default DestroySandboxRequest := true

default ExecProcessRequest := false

default ReadStreamRequest := true

default RemoveContainerRequest := true

default SetIPTablesRequest := true

default StartContainerRequest := true

default WaitProcessRequest := true

default WriteStreamRequest := true
