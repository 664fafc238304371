# A pod policy in the manner of genpolicy: everything the pod of one Deployment may do, measured
# against `policy_data` at the end of the file. State between requests lives under data.pstate and
# changes only through the `ops` that an answer carries (RFC 6902).
#
# The pod: pause, a web server, a metrics sidecar, a log shipper and a key-release helper.
# Written for katasim; the requests that belong to it are in policies/genpolicy-style.testcases.json.
package agent_policy

import rego.v1

# ---------------------------------------------------------------------------------------------
# What is refused unless a rule below says otherwise, and what is harmless.

default AddARPNeighborsRequest := false

default AddSwapPathRequest := false

default AddSwapRequest := false

default AllowRequestsFailingPolicy := false

default CloseStdinRequest := false

default CopyFileRequest := false

default CreateContainerRequest := false

default CreateSandboxRequest := false

default DestroySandboxRequest := true

default ExecProcessRequest := false

default GetDiagnosticDataRequest := false

default GetIPTablesRequest := false

default GetMetricsRequest := false

default GetOOMEventRequest := true

default GuestDetailsRequest := true

default ListInterfacesRequest := false

default ListRoutesRequest := false

default MemAgentCompactConfig := false

default MemAgentMemcgConfig := false

default MemHotplugByProbeRequest := false

default OnlineCPUMemRequest := true

default PauseContainerRequest := false

default ReadStreamRequest := false

default RemoveContainerRequest := true

default RemoveStaleVirtiofsShareMountsRequest := true

default ReseedRandomDevRequest := false

default ResizeVolumeRequest := false

default ResumeContainerRequest := false

default SetGuestDateTimeRequest := false

default SetIPTablesRequest := false

default SetPolicyRequest := false

default SignalProcessRequest := true

default StartContainerRequest := true

default StatsContainerRequest := true

default TtyWinResizeRequest := true

default UpdateContainerRequest := false

default UpdateEphemeralMountsRequest := false

default UpdateInterfaceRequest := false

default UpdateRoutesRequest := false

default VolumeStatsRequest := false

default WaitProcessRequest := true

default WriteStreamRequest := false

# ---------------------------------------------------------------------------------------------
# State. `remember` yields the patch that stores a value the first time and demands the same value
# from then on; a different one makes it undefined, and with it the request.

remember(key, value) := [{"op": "add", "path": concat("/", ["", "pstate", key]), "value": value}] if {
	not data.pstate[key]
	print("remember: first value of", key, "=", value)
}

remember(key, value) := [] if {
	known := data.pstate[key]
	print("remember:", key, "known =", known, "given =", value)
	known == value
}

# Which entry of policy_data a container was admitted as. An entry is given out once.
assign_container(container_id, index) := [{
	"op": "add",
	"path": concat("", ["/pstate/container_", container_id]),
	"value": index,
}] if {
	print("assign_container: id =", container_id, "index =", index)
	not data.pstate[container_key(container_id)]
	every key, taken in data.pstate {
		free_or_other(key, taken, index)
	}
	print("assign_container: free")
}

free_or_other(key, _, _) if not startswith(key, "container_")

free_or_other(key, taken, index) if {
	startswith(key, "container_")
	taken != index
}

container_key(container_id) := concat("", ["container_", container_id])

admitted(container_id) := policy_data.containers[data.pstate[container_key(container_id)]]

# ---------------------------------------------------------------------------------------------
# CreateSandbox

CreateSandboxRequest if {
	print("CreateSandboxRequest: start")
	input.guest_hook_path == ""
	print("CreateSandboxRequest: no guest hooks")
	count(input.kernel_modules) == 0
	print("CreateSandboxRequest: no kernel modules")
	input.sandbox_pidns == policy_data.sandbox.pidns
	print("CreateSandboxRequest: pid namespace as expected")
	sandbox_storages_ok(input.storages)
	print("CreateSandboxRequest: true")
}

sandbox_storages_ok(given) if {
	print("sandbox_storages_ok: count =", count(given))
	count(given) <= count(policy_data.sandbox.storages)
	every storage in given {
		print("sandbox_storages_ok: storage =", storage)
		some expected in policy_data.sandbox.storages
		storage == expected
	}
	print("sandbox_storages_ok: true")
}

# ---------------------------------------------------------------------------------------------
# CreateContainer

CreateContainerRequest := {"allowed": true, "ops": ops} if {
	print("CreateContainerRequest: container_id =", input.container_id)
	request_has_no_extras
	spec := input.OCI
	spec_has_no_extras(spec)

	name := spec.Annotations["io.kubernetes.cri.sandbox-name"]
	regex.match(policy_data.common.sandbox_name, name)
	namespace := object.get(spec.Annotations, "io.kubernetes.cri.sandbox-namespace", "default")
	name_ops := remember("sandbox_name", name)
	namespace_ops := remember("sandbox_namespace", namespace)
	print("CreateContainerRequest: name =", name, "namespace =", namespace)

	some index, expected in policy_data.containers
	print("======== CreateContainerRequest: trying container", index, expected.name)
	container_ok(expected, input, name, namespace)
	container_ops := assign_container(input.container_id, index)
	ops := array.concat(array.concat(name_ops, namespace_ops), container_ops)
	print("======== CreateContainerRequest: container", index, "matches; ops =", ops)
}

request_has_no_extras if {
	print("request_has_no_extras: shared_mounts =", input.shared_mounts)
	count(input.shared_mounts) == 0
	print("request_has_no_extras: string_user =", input.string_user)
	is_null(input.string_user)
	input.stdin_port == 0
	input.stdout_port == 0
	input.stderr_port == 0
	regex.match(policy_data.common.container_id, input.container_id)
	print("request_has_no_extras: true")
}

spec_has_no_extras(spec) if {
	print("spec_has_no_extras: Hooks =", spec.Hooks)
	is_null(spec.Hooks)
	print("spec_has_no_extras: Solaris, Windows =", spec.Solaris, spec.Windows)
	is_null(spec.Solaris)
	is_null(spec.Windows)
	linux_has_no_extras(spec.Linux)
	process_has_no_extras(spec.Process)
	print("spec_has_no_extras: true")
}

linux_has_no_extras(linux) if {
	print("linux_has_no_extras: mappings =", linux.UIDMappings, linux.GIDMappings)
	count(linux.UIDMappings) == 0
	count(linux.GIDMappings) == 0
	print("linux_has_no_extras: Seccomp =", linux.Seccomp)
	is_null(linux.Seccomp)
	is_null(linux.IntelRdt)
	linux.MountLabel == ""
	linux.RootfsPropagation in policy_data.common.rootfs_propagation
	resources := linux.Resources
	print("linux_has_no_extras: Resources =", resources)
	count(resources.Devices) == 0
	is_null(resources.BlockIO)
	is_null(resources.Network)
	is_null(resources.Pids)
	count(resources.HugepageLimits) == 0
	print("linux_has_no_extras: true")
}

process_has_no_extras(process) if {
	print("process_has_no_extras: ApparmorProfile =", process.ApparmorProfile, "SelinuxLabel =", process.SelinuxLabel)
	process.ApparmorProfile == ""
	process.SelinuxLabel == ""
	count(process.Rlimits) == 0
	process.User.Username == ""
	print("process_has_no_extras: true")
}

container_ok(expected, request, name, namespace) if {
	spec := request.OCI
	print("container_ok: Version =", spec.Version)
	regex.match(policy_data.common.oci_version, spec.Version)

	print("container_ok: Readonly =", spec.Root.Readonly, "expected =", expected.root_readonly)
	spec.Root.Readonly == expected.root_readonly

	annotations_ok(expected, spec.Annotations, name, namespace)

	sandbox_id := spec.Annotations["io.kubernetes.cri.sandbox-id"]
	bundle_id := bundle_of(spec.Annotations)
	root_ok(spec.Root, bundle_id)
	vars := {
		"sandbox-id": sandbox_id,
		"bundle-id": bundle_id,
		"sandbox-name": name,
		"sandbox-namespace": namespace,
		"host-name": spec.Hostname,
	}
	hostname_ok(spec.Hostname, name)

	process_ok(expected, spec.Process, vars)
	linux_ok(expected, spec.Linux, spec.Annotations)
	mounts_ok(expected, spec.Mounts, vars)
	devices_ok(expected, request.devices)
	storages_ok(expected, request.storages, vars)

	print("container_ok: sandbox_pidns =", request.sandbox_pidns, "expected =", expected.sandbox_pidns)
	request.sandbox_pidns == expected.sandbox_pidns
	print("container_ok: true")
}

hostname_ok(hostname, _) if hostname == ""

hostname_ok(hostname, name) if {
	hostname != ""
	print("hostname_ok: hostname =", hostname, "pod =", name)
	startswith(name, hostname)
}

bundle_of(annotations) := bundle_id if {
	path := annotations["io.katacontainers.pkg.oci.bundle_path"]
	parts := split(path, "/")
	bundle_id := parts[count(parts) - 1]
	print("bundle_of: path =", path, "bundle =", bundle_id)
	regex.match(policy_data.common.bundle_id, bundle_id)
}

root_ok(root, bundle_id) if {
	wanted := concat("/", [policy_data.common.root_path, bundle_id, "rootfs"])
	print("root_ok: Path =", root.Path, "wanted =", wanted)
	root.Path == wanted
	print("root_ok: true")
}

# ---------------------------------------------------------------------------------------------
# Annotations. Some are constants, some follow a pattern, the rest must not be there.

annotations_ok(expected, annotations, name, namespace) if {
	print("annotations_ok: expected =", expected.annotations)
	every key, wanted in expected.annotations {
		annotation_value_ok(key, annotations[key], wanted)
	}
	print("annotations_ok: every expected annotation is there")
	every key, value in annotations {
		annotation_known(expected, key, value, name, namespace)
	}
	print("annotations_ok: true")
}

annotation_value_ok(key, value, wanted) if {
	print("annotation_value_ok:", key, "value =", value, "wanted =", wanted)
	value == wanted
}

annotation_known(expected, key, value, _, _) if value == expected.annotations[key]

annotation_known(_, key, value, name, _) if {
	key in {"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"}
	value == name
}

annotation_known(_, key, value, _, namespace) if {
	key in {"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"}
	value == namespace
}

annotation_known(_, "io.kubernetes.cri.sandbox-log-directory", value, name, namespace) if {
	prefix := concat("", ["^/var/log/pods/", namespace, "_", name, "_"])
	pattern := concat("", [prefix, policy_data.common.uid, "$"])
	print("annotation_known: log directory =", value, "pattern =", pattern)
	regex.match(pattern, value)
}

annotation_known(_, key, value, _, _) if {
	some rule in policy_data.common.annotation_rules
	key == rule.key
	print("annotation_known: key =", key, "value =", value, "pattern =", rule.pattern)
	regex.match(rule.pattern, value)
}

# ---------------------------------------------------------------------------------------------
# Process

process_ok(expected, process, vars) if {
	wanted := expected.process
	print("process_ok: Terminal =", process.Terminal, "Cwd =", process.Cwd)
	process.Terminal == wanted.terminal
	process.Cwd == wanted.cwd
	process.NoNewPrivileges == wanted.no_new_privileges
	args_ok(wanted.args, process.Args, vars)
	user_ok(wanted.user, process.User)
	capabilities_ok(wanted.capabilities, process.Capabilities)
	env_ok(wanted.env, process.Env, vars)
	oom_score_ok(process.OOMScoreAdj)
	print("process_ok: true")
}

args_ok(wanted, args, vars) if {
	print("args_ok: args =", args, "wanted =", wanted)
	count(args) == count(wanted)
	every i, arg in args {
		arg_ok(arg, wanted[i], vars)
	}
	print("args_ok: true")
}

arg_ok(arg, wanted, _) if arg == wanted

arg_ok(arg, wanted, vars) if {
	contains(wanted, "$(")
	arg == substitute(wanted, vars)
}

user_ok(wanted, user) if {
	print("user_ok: user =", user, "wanted =", wanted)
	user.UID == wanted.uid
	user.GID == wanted.gid
	given := {gid | some gid in user.AdditionalGids}
	allowed := {gid | some gid in wanted.additional_gids}
	print("user_ok: additional groups =", given, "allowed =", allowed)
	count(given - allowed) == 0
	print("user_ok: true")
}

oom_score_ok(score) if {
	print("oom_score_ok:", score)
	score >= -998
	score <= 1000
}

# Sets of capabilities are named in policy_data.common, as containers share them.
capabilities_ok(wanted, given) if {
	print("capabilities_ok: given =", given)
	capability_set_ok(wanted.bounding, given.Bounding)
	capability_set_ok(wanted.effective, given.Effective)
	capability_set_ok(wanted.permitted, given.Permitted)
	capability_set_ok(wanted.inheritable, given.Inheritable)
	capability_set_ok(wanted.ambient, given.Ambient)
	print("capabilities_ok: true")
}

capability_set_ok(wanted, given) if {
	allowed := expand_capabilities(wanted)
	print("capability_set_ok: given =", given, "allowed =", allowed)
	every capability in given {
		capability in allowed
	}
	count(given) == count(allowed)
}

expand_capabilities(wanted) := policy_data.common.capability_sets[wanted] if is_string(wanted)

expand_capabilities(wanted) := wanted if is_array(wanted)

# ---------------------------------------------------------------------------------------------
# Environment. A variable must be one of the container's own, follow from the pod, or match one of
# the patterns for what Kubernetes adds (service addresses and the like).

env_ok(wanted, env, vars) if {
	print("env_ok: count =", count(env))
	print("env_ok: wanted =", wanted)
	every variable in env {
		env_variable_ok(wanted, variable, vars)
	}
	names := [name | some variable in env; name := split(variable, "=")[0]]
	print("env_ok: names =", names)
	count(names) == count({name | some name in names})
	print("env_ok: true")
}

env_variable_ok(wanted, variable, _) if {
	variable in wanted
	print("env_variable_ok: constant", variable)
}

env_variable_ok(wanted, variable, vars) if {
	some template in wanted
	contains(template, "$(")
	substitute(template, vars) == variable
	print("env_variable_ok: template", template, "gives", variable)
}

env_variable_ok(_, variable, _) if {
	name_value := split(variable, "=")
	count(name_value) == 2
	some rule in policy_data.common.env_rules
	regex.match(rule.name, name_value[0])
	print("env_variable_ok: name of", variable, "matches", rule.name)
	regex.match(rule.value, name_value[1])
	print("env_variable_ok: value matches", rule.value)
}

env_variable_ok(_, variable, _) if {
	some prefix in policy_data.common.env_prefixes
	startswith(variable, prefix)
	address := trim_prefix(variable, prefix)
	print("env_variable_ok: prefix", prefix, "rest", address)
	ip_address_ok(address)
}

ip_address_ok(address) if regex.match(policy_data.common.ipv4, address)

ip_address_ok(address) if {
	contains(address, ":")
	regex.match(policy_data.common.ipv6, address)
}

substitute(template, vars) := result if {
	step1 := replace(template, "$(sandbox-id)", vars["sandbox-id"])
	step2 := replace(step1, "$(bundle-id)", vars["bundle-id"])
	step3 := replace(step2, "$(sandbox-name)", vars["sandbox-name"])
	step4 := replace(step3, "$(sandbox-namespace)", vars["sandbox-namespace"])
	result := replace(step4, "$(host-name)", vars["host-name"])
}

# ---------------------------------------------------------------------------------------------
# Linux section: namespaces, masked and read-only paths, devices, sysctls, cgroups.

linux_ok(expected, linux, annotations) if {
	wanted := expected.linux
	namespaces_ok(wanted.namespaces, linux.Namespaces)
	paths_ok("MaskedPaths", wanted.masked_paths, linux.MaskedPaths)
	paths_ok("ReadonlyPaths", wanted.readonly_paths, linux.ReadonlyPaths)
	linux_devices_ok(wanted.devices, linux.Devices)
	sysctls_ok(wanted.sysctl, linux.Sysctl)
	cgroups_path_ok(linux.CgroupsPath, annotations)
	cpu_ok(linux.Resources.CPU)
	print("linux_ok: true")
}

namespaces_ok(wanted, given) if {
	print("namespaces_ok: given =", given, "wanted =", wanted)
	types := {namespace.Type | some namespace in given}
	count(types) == count(given)
	types == {type | some type in wanted}
	every namespace in given {
		namespace.Path == ""
	}
	print("namespaces_ok: true")
}

# The host may hide more than asked for, never less.
paths_ok(label, wanted, given) if {
	print("paths_ok:", label, "given =", given)
	every path in wanted {
		path in given
	}
	print("paths_ok:", label, "true")
}

linux_devices_ok(wanted, given) if {
	print("linux_devices_ok: given =", given, "wanted =", wanted)
	count(given) == count(wanted)
	every device in given {
		some allowed in wanted
		device.Type == allowed.type
		device.Path == allowed.path
	}
	print("linux_devices_ok: true")
}

sysctls_ok(wanted, given) if {
	print("sysctls_ok: given =", given)
	every key, value in given {
		sysctl_ok(wanted, key, value)
	}
	print("sysctls_ok: true")
}

sysctl_ok(wanted, key, value) if wanted[key] == value

sysctl_ok(_, key, value) if {
	some rule in policy_data.common.sysctl_rules
	regex.match(rule.key, key)
	regex.match(rule.value, value)
}

cgroups_path_ok(path, annotations) if {
	print("cgroups_path_ok: path =", path)
	parts := split(path, ":")
	count(parts) == 3
	regex.match(policy_data.common.cgroup_slice, parts[0])
	parts[1] == "cri-containerd"
	endswith(annotations["io.katacontainers.pkg.oci.bundle_path"], parts[2])
	print("cgroups_path_ok: true")
}

cpu_ok(cpu) if is_null(cpu)

cpu_ok(cpu) if {
	print("cpu_ok: cpu =", cpu)
	cpu.RealtimeRuntime == 0
	cpu.RealtimePeriod == 0
	cpu.Cpus == ""
	cpu.Mems == ""
	print("cpu_ok: true")
}

# ---------------------------------------------------------------------------------------------
# Mounts: each must be one that the container or every container has, none may come twice.

mounts_ok(expected, mounts, vars) if {
	print("mounts_ok: count =", count(mounts))
	every mount in mounts {
		mount_ok(expected, mount, vars)
	}
	destinations := {mount.destination | some mount in mounts}
	print("mounts_ok: destinations =", destinations)
	count(destinations) == count(mounts)
	every wanted in expected.mounts {
		wanted.destination in destinations
	}
	print("mounts_ok: true")
}

mount_ok(expected, mount, vars) if {
	print("mount_ok: mount =", mount)
	some wanted in expected.mounts
	mount_matches(wanted, mount, vars)
	print("mount_ok: one of the container's")
}

mount_ok(_, mount, vars) if {
	some wanted in policy_data.common.mounts
	mount_matches(wanted, mount, vars)
	print("mount_ok: one that every container has")
}

mount_matches(wanted, mount, vars) if {
	mount.destination == wanted.destination
	print("mount_matches: wanted =", wanted)
	mount.type_ == wanted.type
	mount.options == wanted.options
	mount_source_ok(wanted.source, mount.source, vars)
	print("mount_matches: true")
}

mount_source_ok(wanted, source, _) if wanted == source

mount_source_ok(wanted, source, vars) if {
	startswith(wanted, "^")
	pattern := substitute(replace(wanted, "$(shared)", policy_data.common.shared_path), vars)
	print("mount_source_ok: source =", source, "pattern =", pattern)
	regex.match(pattern, source)
	print("mount_source_ok: true")
}

# ---------------------------------------------------------------------------------------------
# Devices and storages of the request itself.

devices_ok(expected, devices) if {
	print("devices_ok: devices =", devices, "wanted =", expected.devices)
	count(devices) == count(expected.devices)
	every device in devices {
		some wanted in expected.devices
		device.type_ == wanted.type
		device.container_path == wanted.container_path
		regex.match(wanted.id, device.id)
	}
	print("devices_ok: true")
}

# The image that the guest pulls itself is named by annotations; it does not count as a storage.
storages_ok(expected, storages, vars) if {
	pulled := [storage | some storage in storages; storage.driver == "image_guest_pull"]
	mounted := [storage | some storage in storages; storage.driver != "image_guest_pull"]
	print("storages_ok: pulled =", count(pulled), "mounted =", count(mounted))
	count(pulled) == 1
	image_ok(expected.image, pulled[0], vars)
	count(mounted) == count(expected.storages)
	every storage in mounted {
		storage_ok(expected, storage, vars)
	}
	print("storages_ok: true")
}

image_ok(image, storage, vars) if {
	print("image_ok: source =", storage.source, "image =", image)
	storage.source == image
	storage.fstype == "overlay"
	count(storage.options) == 0
	is_null(storage.fs_group)
	storage.mount_point == concat("/", [policy_data.common.root_path, vars["bundle-id"], "rootfs"])
	every option in storage.driver_options {
		startswith(option, "image_guest_pull={\"metadata\":{")
	}
	print("image_ok: true")
}

storage_ok(expected, storage, vars) if {
	some wanted in expected.storages
	print("storage_ok: storage =", storage, "wanted =", wanted)
	storage.driver == wanted.driver
	storage.driver_options == wanted.driver_options
	storage.fstype == wanted.fstype
	storage.options == wanted.options
	storage.shared == wanted.shared
	fs_group_ok(wanted.fs_group, storage.fs_group)
	storage_source_ok(wanted, storage)
	storage_mount_point_ok(wanted, storage, vars)
	print("storage_ok: true")
}

fs_group_ok(wanted, given) if {
	is_null(wanted)
	is_null(given)
}

fs_group_ok(wanted, given) if {
	not is_null(wanted)
	not is_null(given)
	given.group_id == wanted.group_id
	given.group_change_policy == wanted.group_change_policy
}

storage_source_ok(wanted, storage) if storage.source == wanted.source

storage_source_ok(wanted, storage) if {
	wanted.driver == "blk"
	print("storage_source_ok: block device =", storage.source)
	regex.match(policy_data.common.pci_path, storage.source)
}

storage_mount_point_ok(wanted, storage, vars) if {
	storage.mount_point == substitute(wanted.mount_point, vars)
}

storage_mount_point_ok(wanted, storage, _) if {
	wanted.driver == "blk"
	encoded := base64url.encode(storage.source)
	mount_point := concat("/", [policy_data.common.storage_path, encoded])
	print("storage_mount_point_ok: mount_point =", storage.mount_point, "wanted =", mount_point)
	storage.mount_point == mount_point
}

# ---------------------------------------------------------------------------------------------
# Requests on a container that runs.

RemoveContainerRequest := {"allowed": true, "ops": ops} if {
	key := container_key(input.container_id)
	print("RemoveContainerRequest: key =", key)
	data.pstate[key] >= 0
	ops := [{"op": "remove", "path": concat("", ["/pstate/", key])}]
	print("RemoveContainerRequest: ops =", ops)
}

# A command that every container may run.
ExecProcessRequest if {
	print("ExecProcessRequest: pod-wide, Args =", input.process.Args)
	exec_has_no_extras
	command := concat(" ", input.process.Args)
	some allowed in policy_data.request_defaults.ExecProcessRequest.allowed_commands
	command == allowed
	print("ExecProcessRequest: true, command =", command)
}

# A probe of the container that the request names.
ExecProcessRequest if {
	exec_has_no_extras
	container := admitted(input.container_id)
	command := concat(" ", input.process.Args)
	print("ExecProcessRequest: container =", container.name, "command =", command)
	some allowed in container.exec_commands
	command == allowed
	print("ExecProcessRequest: true, probe")
}

# A command that follows a pattern.
ExecProcessRequest if {
	exec_has_no_extras
	command := concat(" ", input.process.Args)
	some pattern in policy_data.request_defaults.ExecProcessRequest.regex
	print("ExecProcessRequest: command =", command, "pattern =", pattern)
	regex.match(pattern, command)
	print("ExecProcessRequest: true, pattern")
}

exec_has_no_extras if {
	is_null(input.string_user)
	is_null(input.process.Capabilities)
	process_has_no_extras(input.process)
	print("exec_has_no_extras: true")
}

CopyFileRequest if {
	print("CopyFileRequest: path =", input.path, "file_type =", input.file_type)
	some template in policy_data.request_defaults.CopyFileRequest
	pattern := replace(template, "$(shared)", policy_data.common.shared_path)
	regex.match(pattern, input.path)
	print("CopyFileRequest: path matches", pattern)
	file_type_ok(input)
	print("CopyFileRequest: true")
}

file_type_ok(request) if request.file_type in {"Regular", "Directory"}

file_type_ok(request) if {
	request.file_type == "Symlink"
	print("file_type_ok: target =", request.symlink_target)
	not startswith(request.symlink_target, "/")
	not ".." in split(request.symlink_target, "/")
}

CloseStdinRequest if policy_data.request_defaults.CloseStdinRequest

GetDiagnosticDataRequest if policy_data.request_defaults.GetDiagnosticDataRequest

ReadStreamRequest if policy_data.request_defaults.ReadStreamRequest

UpdateEphemeralMountsRequest if policy_data.request_defaults.UpdateEphemeralMountsRequest

WriteStreamRequest if policy_data.request_defaults.WriteStreamRequest

# ---------------------------------------------------------------------------------------------
# Network set-up of the pod.

UpdateInterfaceRequest if {
	settings := policy_data.request_defaults.UpdateInterfaceRequest
	given := input.interface
	print("UpdateInterfaceRequest: interface =", given)
	not given.name in settings.forbidden_names
	not given.hwAddr in settings.forbidden_hw_addrs
	bits.and(given.raw_flags, bits.negate(settings.allow_raw_flags)) == 0
	print("UpdateInterfaceRequest: true")
}

UpdateRoutesRequest if {
	settings := policy_data.request_defaults.UpdateRoutesRequest
	print("UpdateRoutesRequest: routes =", input.routes)
	every route in input.routes.Routes {
		not route.device in settings.forbidden_device_names
		not matches_any(settings.forbidden_source_regex, route.source)
	}
	print("UpdateRoutesRequest: true")
}

AddARPNeighborsRequest if {
	settings := policy_data.request_defaults.AddARPNeighborsRequest
	print("AddARPNeighborsRequest: neighbors =", input.neighbors)
	every neighbor in input.neighbors.ARPNeighbors {
		not neighbor.device in settings.forbidden_device_names
		not matches_any(settings.forbidden_cidrs_regex, neighbor.toIPAddress.address)
		neighbor.state in settings.allowed_states
		bits.or(neighbor.flags, settings.allowed_flags) == settings.allowed_flags
	}
	print("AddARPNeighborsRequest: true")
}

matches_any(patterns, text) if {
	some pattern in patterns
	regex.match(pattern, text)
}

# ---------------------------------------------------------------------------------------------
# The pod.

policy_data := {
  "common": {
    "container_id": "^[a-z0-9]{64}$",
    "bundle_id": "^[a-z0-9]{64}$",
    "oci_version": "^1\\.[0-9]+\\.[0-9]+$",
    "sandbox_name": "^shop-[a-z0-9]{8,10}-[a-z0-9]{5}$",
    "root_path": "/run/kata-containers",
    "shared_path": "/run/kata-containers/shared/containers",
    "storage_path": "/run/kata-containers/sandbox/storage",
    "uid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "pci_path": "^[0-9a-f]{2}(/[0-9a-f]{2})*$",
    "cgroup_slice": "^kubepods(-burstable|-besteffort)?-pod[0-9a-f_]{36}\\.slice$",
    "ipv4": "^(([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\.){3}([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])$",
    "ipv6": "^[0-9a-f:]{2,39}$",
    "rootfs_propagation": [
      "",
      "rprivate",
      "private"
    ],
    "capability_sets": {
      "$default": [
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_FSETID",
        "CAP_FOWNER",
        "CAP_MKNOD",
        "CAP_NET_RAW",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SETFCAP",
        "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE",
        "CAP_SYS_CHROOT",
        "CAP_KILL",
        "CAP_AUDIT_WRITE"
      ],
      "$privileged_net": [
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_FSETID",
        "CAP_FOWNER",
        "CAP_MKNOD",
        "CAP_NET_RAW",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SETFCAP",
        "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE",
        "CAP_SYS_CHROOT",
        "CAP_KILL",
        "CAP_AUDIT_WRITE",
        "CAP_NET_ADMIN"
      ],
      "$none": []
    },
    "annotation_rules": [
      {
        "key": "io.katacontainers.pkg.oci.bundle_path",
        "pattern": "^/run/containerd/io\\.containerd\\.runtime\\.v2\\.task/k8s\\.io/[a-z0-9]{64}$"
      },
      {
        "key": "io.kubernetes.cri.sandbox-id",
        "pattern": "^[a-z0-9]{64}$"
      },
      {
        "key": "io.kubernetes.cri.sandbox-uid",
        "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
      },
      {
        "key": "io.kubernetes.cri.sandbox-cpu-period",
        "pattern": "^[0-9]+$"
      },
      {
        "key": "io.kubernetes.cri.sandbox-cpu-quota",
        "pattern": "^-?[0-9]+$"
      },
      {
        "key": "io.kubernetes.cri.sandbox-cpu-shares",
        "pattern": "^[0-9]+$"
      },
      {
        "key": "io.kubernetes.cri.sandbox-memory",
        "pattern": "^[0-9]+$"
      },
      {
        "key": "nerdctl/network-namespace",
        "pattern": "^/var/run/netns/cni-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
      }
    ],
    "env_prefixes": [
      "HOST_IP=",
      "POD_IP=",
      "NODE_IP="
    ],
    "env_rules": [
      {
        "name": "^HOSTNAME$",
        "value": "^shop-[a-z0-9]{8,10}-[a-z0-9]{5}$"
      },
      {
        "name": "^[A-Z_][A-Z0-9_]{0,62}_SERVICE_HOST$",
        "value": "^[0-9a-f.:]{7,39}$"
      },
      {
        "name": "^[A-Z_][A-Z0-9_]{0,62}_SERVICE_PORT(_[A-Z0-9_]+)?$",
        "value": "^[0-9]{1,5}$"
      },
      {
        "name": "^[A-Z_][A-Z0-9_]{0,62}_PORT$",
        "value": "^(tcp|udp|sctp)://[0-9a-f.:]{7,39}:[0-9]{1,5}$"
      },
      {
        "name": "^[A-Z_][A-Z0-9_]{0,62}_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)$",
        "value": "^(tcp|udp|sctp)://[0-9a-f.:]{7,39}:[0-9]{1,5}$"
      },
      {
        "name": "^[A-Z_][A-Z0-9_]{0,62}_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)_PROTO$",
        "value": "^(tcp|udp|sctp)$"
      },
      {
        "name": "^[A-Z_][A-Z0-9_]{0,62}_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)_PORT$",
        "value": "^[0-9]{1,5}$"
      },
      {
        "name": "^[A-Z_][A-Z0-9_]{0,62}_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)_ADDR$",
        "value": "^[0-9a-f.:]{7,39}$"
      }
    ],
    "sysctl_rules": [
      {
        "key": "^net\\.ipv4\\.ping_group_range$",
        "value": "^0 2147483647$"
      },
      {
        "key": "^net\\.ipv4\\.ip_unprivileged_port_start$",
        "value": "^[0-9]{1,5}$"
      }
    ],
    "mounts": [
      {
        "destination": "/proc",
        "source": "proc",
        "type": "proc",
        "options": [
          "nosuid",
          "noexec",
          "nodev"
        ]
      },
      {
        "destination": "/dev",
        "source": "tmpfs",
        "type": "tmpfs",
        "options": [
          "nosuid",
          "strictatime",
          "mode=755",
          "size=65536k"
        ]
      },
      {
        "destination": "/dev/pts",
        "source": "devpts",
        "type": "devpts",
        "options": [
          "nosuid",
          "noexec",
          "newinstance",
          "ptmxmode=0666",
          "mode=0620",
          "gid=5"
        ]
      },
      {
        "destination": "/dev/mqueue",
        "source": "mqueue",
        "type": "mqueue",
        "options": [
          "nosuid",
          "noexec",
          "nodev"
        ]
      },
      {
        "destination": "/dev/shm",
        "source": "/run/kata-containers/sandbox/shm",
        "type": "bind",
        "options": [
          "rbind"
        ]
      },
      {
        "destination": "/sys",
        "source": "sysfs",
        "type": "sysfs",
        "options": [
          "nosuid",
          "noexec",
          "nodev",
          "ro"
        ]
      },
      {
        "destination": "/sys/fs/cgroup",
        "source": "cgroup",
        "type": "cgroup",
        "options": [
          "nosuid",
          "noexec",
          "nodev",
          "relatime",
          "ro"
        ]
      },
      {
        "destination": "/etc/hosts",
        "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-hosts$",
        "type": "bind",
        "options": [
          "rbind",
          "rprivate",
          "rw"
        ]
      },
      {
        "destination": "/etc/hostname",
        "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-hostname$",
        "type": "bind",
        "options": [
          "rbind",
          "rprivate",
          "rw"
        ]
      },
      {
        "destination": "/etc/resolv.conf",
        "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-resolv\\.conf$",
        "type": "bind",
        "options": [
          "rbind",
          "rprivate",
          "rw"
        ]
      },
      {
        "destination": "/dev/termination-log",
        "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-termination-log$",
        "type": "bind",
        "options": [
          "rbind",
          "rprivate",
          "rw"
        ]
      },
      {
        "destination": "/var/run/secrets/kubernetes.io/serviceaccount",
        "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-serviceaccount$",
        "type": "bind",
        "options": [
          "rbind",
          "rprivate",
          "ro"
        ]
      }
    ]
  },
  "sandbox": {
    "pidns": false,
    "storages": [
      {
        "driver": "ephemeral",
        "driver_options": [],
        "source": "shm",
        "fstype": "tmpfs",
        "options": [
          "noexec",
          "nosuid",
          "nodev",
          "mode=1777",
          "size=67108864"
        ],
        "mount_point": "/run/kata-containers/sandbox/shm",
        "fs_group": null,
        "shared": false
      }
    ]
  },
  "containers": [
    {
      "name": "pause",
      "image": "pause",
      "root_readonly": true,
      "sandbox_pidns": false,
      "annotations": {
        "io.kubernetes.cri.container-type": "sandbox",
        "io.katacontainers.pkg.oci.container_type": "pod_sandbox"
      },
      "process": {
        "terminal": false,
        "cwd": "/",
        "args": [
          "/pause"
        ],
        "user": {
          "uid": 65535,
          "gid": 65535,
          "additional_gids": [
            65535
          ]
        },
        "no_new_privileges": true,
        "capabilities": {
          "bounding": "$default",
          "effective": "$default",
          "permitted": "$default",
          "inheritable": [],
          "ambient": []
        },
        "env": [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        ]
      },
      "linux": {
        "namespaces": [
          "ipc",
          "uts",
          "mount"
        ],
        "masked_paths": [
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap"
        ],
        "readonly_paths": [
          "/proc/bus",
          "/proc/fs",
          "/proc/irq",
          "/proc/sys",
          "/proc/sysrq-trigger"
        ],
        "devices": [],
        "sysctl": {}
      },
      "mounts": [],
      "storages": [],
      "devices": [],
      "exec_commands": []
    },
    {
      "name": "web",
      "image": "registry.example.com/shop/web@sha256:5f1d0c0a6f6f2f0e3b6fd0a0d8a9d5f8c1a7d2b94e6e3c1f0a9b8c7d6e5f4a3b",
      "root_readonly": false,
      "sandbox_pidns": false,
      "annotations": {
        "io.kubernetes.cri.container-type": "container",
        "io.katacontainers.pkg.oci.container_type": "pod_container",
        "io.kubernetes.cri.container-name": "web",
        "io.kubernetes.cri.image-name": "registry.example.com/shop/web@sha256:5f1d0c0a6f6f2f0e3b6fd0a0d8a9d5f8c1a7d2b94e6e3c1f0a9b8c7d6e5f4a3b"
      },
      "process": {
        "terminal": false,
        "cwd": "/",
        "args": [
          "/usr/sbin/nginx",
          "-g",
          "daemon off;",
          "-c",
          "/etc/nginx/nginx.conf"
        ],
        "user": {
          "uid": 101,
          "gid": 101,
          "additional_gids": [
            101
          ]
        },
        "no_new_privileges": true,
        "capabilities": {
          "bounding": "$default",
          "effective": "$default",
          "permitted": "$default",
          "inheritable": [],
          "ambient": []
        },
        "env": [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "NGINX_VERSION=1.29.1",
          "NJS_VERSION=0.9.1",
          "PKG_RELEASE=1~bookworm",
          "TZ=UTC",
          "UPSTREAM=http://127.0.0.1:8080",
          "CACHE_SIZE=256m",
          "LOG_FORMAT=json",
          "SHUTDOWN_GRACE=30",
          "POD_NAME=$(sandbox-name)",
          "POD_NAMESPACE=$(sandbox-namespace)"
        ]
      },
      "linux": {
        "namespaces": [
          "ipc",
          "uts",
          "mount"
        ],
        "masked_paths": [
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap"
        ],
        "readonly_paths": [
          "/proc/bus",
          "/proc/fs",
          "/proc/irq",
          "/proc/sys",
          "/proc/sysrq-trigger"
        ],
        "devices": [],
        "sysctl": {}
      },
      "mounts": [
        {
          "destination": "/etc/nginx/nginx.conf",
          "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-nginx\\.conf$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "ro"
          ]
        },
        {
          "destination": "/etc/nginx/tls",
          "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-tls$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "ro"
          ]
        },
        {
          "destination": "/var/cache/nginx",
          "source": "^/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/cache$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "rw"
          ]
        },
        {
          "destination": "/run",
          "source": "^/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/run$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "rw"
          ]
        }
      ],
      "storages": [
        {
          "driver": "local",
          "driver_options": [],
          "source": "local",
          "fstype": "local",
          "options": [
            "mode=0777",
            "fsgid=101"
          ],
          "mount_point": "/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/cache",
          "fs_group": {
            "group_id": 101,
            "group_change_policy": 0
          },
          "shared": true
        },
        {
          "driver": "local",
          "driver_options": [],
          "source": "local",
          "fstype": "local",
          "options": [
            "mode=0777",
            "fsgid=101"
          ],
          "mount_point": "/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/run",
          "fs_group": {
            "group_id": 101,
            "group_change_policy": 0
          },
          "shared": true
        }
      ],
      "devices": [],
      "exec_commands": [
        "/usr/sbin/nginx -t",
        "curl -fsS http://127.0.0.1:8080/healthz",
        "/bin/sh -c kill -QUIT 1"
      ]
    },
    {
      "name": "metrics",
      "image": "registry.example.com/shop/metrics-exporter@sha256:0b7f9a6f2d4c8e1a3b5c7d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c",
      "root_readonly": true,
      "sandbox_pidns": false,
      "annotations": {
        "io.kubernetes.cri.container-type": "container",
        "io.katacontainers.pkg.oci.container_type": "pod_container",
        "io.kubernetes.cri.container-name": "metrics",
        "io.kubernetes.cri.image-name": "registry.example.com/shop/metrics-exporter@sha256:0b7f9a6f2d4c8e1a3b5c7d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c"
      },
      "process": {
        "terminal": false,
        "cwd": "/",
        "args": [
          "/bin/exporter",
          "--listen=:9113",
          "--scrape-uri=http://127.0.0.1:8080/stub_status",
          "--pod=$(sandbox-name)",
          "--namespace=$(sandbox-namespace)"
        ],
        "user": {
          "uid": 65532,
          "gid": 65532,
          "additional_gids": [
            65532
          ]
        },
        "no_new_privileges": true,
        "capabilities": {
          "bounding": "$none",
          "effective": "$none",
          "permitted": "$none",
          "inheritable": [],
          "ambient": []
        },
        "env": [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "GOMAXPROCS=1",
          "GOGC=80",
          "EXPORTER_LABELS=app=shop,tier=front",
          "EXPORTER_TIMEOUT=5s",
          "POD_NAME=$(sandbox-name)",
          "POD_NAMESPACE=$(sandbox-namespace)"
        ]
      },
      "linux": {
        "namespaces": [
          "ipc",
          "uts",
          "mount"
        ],
        "masked_paths": [
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap"
        ],
        "readonly_paths": [
          "/proc/bus",
          "/proc/fs",
          "/proc/irq",
          "/proc/sys",
          "/proc/sysrq-trigger"
        ],
        "devices": [],
        "sysctl": {}
      },
      "mounts": [
        {
          "destination": "/etc/exporter",
          "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-exporter-config$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "ro"
          ]
        }
      ],
      "storages": [],
      "devices": [],
      "exec_commands": [
        "/bin/exporter --version"
      ]
    },
    {
      "name": "logs",
      "image": "registry.example.com/shop/log-shipper@sha256:9c2e4a6b8d0f1e3d5c7b9a8f6e4d2c0b1a39587766554433221100ffeeddccbb",
      "root_readonly": false,
      "sandbox_pidns": false,
      "annotations": {
        "io.kubernetes.cri.container-type": "container",
        "io.katacontainers.pkg.oci.container_type": "pod_container",
        "io.kubernetes.cri.container-name": "logs",
        "io.kubernetes.cri.image-name": "registry.example.com/shop/log-shipper@sha256:9c2e4a6b8d0f1e3d5c7b9a8f6e4d2c0b1a39587766554433221100ffeeddccbb"
      },
      "process": {
        "terminal": false,
        "cwd": "/",
        "args": [
          "/fluent-bit/bin/fluent-bit",
          "--config",
          "/fluent-bit/etc/fluent-bit.conf"
        ],
        "user": {
          "uid": 1000,
          "gid": 1000,
          "additional_gids": [
            1000,
            101
          ]
        },
        "no_new_privileges": true,
        "capabilities": {
          "bounding": "$default",
          "effective": "$default",
          "permitted": "$default",
          "inheritable": [],
          "ambient": []
        },
        "env": [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "FLUENT_HOST=logs.monitoring.svc",
          "FLUENT_PORT=24224",
          "FLUENT_TLS=on",
          "FLUENT_TAG=shop.$(sandbox-namespace).$(sandbox-name)",
          "FLUENT_BUFFER=/buffer",
          "FLUENT_RETRY=8",
          "POD_NAME=$(sandbox-name)",
          "POD_NAMESPACE=$(sandbox-namespace)"
        ]
      },
      "linux": {
        "namespaces": [
          "ipc",
          "uts",
          "mount"
        ],
        "masked_paths": [
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap"
        ],
        "readonly_paths": [
          "/proc/bus",
          "/proc/fs",
          "/proc/irq",
          "/proc/sys",
          "/proc/sysrq-trigger"
        ],
        "devices": [],
        "sysctl": {}
      },
      "mounts": [
        {
          "destination": "/fluent-bit/etc",
          "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-fluent-bit$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "ro"
          ]
        },
        {
          "destination": "/buffer",
          "source": "^/run/kata-containers/sandbox/storage/[A-Za-z0-9_-]+=*$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "rw"
          ]
        },
        {
          "destination": "/run/shop",
          "source": "^/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/run$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "rw"
          ]
        }
      ],
      "storages": [
        {
          "driver": "blk",
          "driver_options": [
            "encryption_key=ephemeral",
            "create_filesystem"
          ],
          "source": "",
          "fstype": "ext4",
          "options": [
            "rw"
          ],
          "mount_point": "",
          "fs_group": null,
          "shared": true
        },
        {
          "driver": "local",
          "driver_options": [],
          "source": "local",
          "fstype": "local",
          "options": [
            "mode=0777",
            "fsgid=101"
          ],
          "mount_point": "/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/run",
          "fs_group": {
            "group_id": 101,
            "group_change_policy": 0
          },
          "shared": true
        }
      ],
      "devices": [],
      "exec_commands": []
    },
    {
      "name": "keys",
      "image": "registry.example.com/shop/key-release@sha256:1122334455667788990011223344556677889900aabbccddeeff001122334455",
      "root_readonly": true,
      "sandbox_pidns": false,
      "annotations": {
        "io.kubernetes.cri.container-type": "container",
        "io.katacontainers.pkg.oci.container_type": "pod_container",
        "io.kubernetes.cri.container-name": "keys",
        "io.kubernetes.cri.image-name": "registry.example.com/shop/key-release@sha256:1122334455667788990011223344556677889900aabbccddeeff001122334455"
      },
      "process": {
        "terminal": false,
        "cwd": "/",
        "args": [
          "/usr/bin/key-release",
          "--kbs",
          "https://kbs.trust.svc:8443",
          "--resource",
          "default/shop/tls",
          "--out",
          "/run/keys/tls.key",
          "--host",
          "$(host-name)"
        ],
        "user": {
          "uid": 65532,
          "gid": 65532,
          "additional_gids": [
            65532
          ]
        },
        "no_new_privileges": true,
        "capabilities": {
          "bounding": "$none",
          "effective": "$none",
          "permitted": "$none",
          "inheritable": [],
          "ambient": []
        },
        "env": [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "RUST_LOG=info",
          "AA_KBC=cc_kbc",
          "ATTESTATION_RETRY=5",
          "SSL_CERT_DIR=/etc/ssl/certs",
          "POD_NAME=$(sandbox-name)",
          "POD_NAMESPACE=$(sandbox-namespace)"
        ]
      },
      "linux": {
        "namespaces": [
          "ipc",
          "uts",
          "mount"
        ],
        "masked_paths": [
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap"
        ],
        "readonly_paths": [
          "/proc/bus",
          "/proc/fs",
          "/proc/irq",
          "/proc/sys",
          "/proc/sysrq-trigger"
        ],
        "devices": [
          {
            "type": "c",
            "path": "/dev/tpm0"
          }
        ],
        "sysctl": {}
      },
      "mounts": [
        {
          "destination": "/etc/ssl/certs",
          "source": "^$(shared)/$(bundle-id)-[a-z0-9]{16}-certs$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "ro"
          ]
        },
        {
          "destination": "/run/keys",
          "source": "^/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/keys$",
          "type": "bind",
          "options": [
            "rbind",
            "rprivate",
            "rw"
          ]
        }
      ],
      "storages": [
        {
          "driver": "local",
          "driver_options": [],
          "source": "local",
          "fstype": "local",
          "options": [
            "mode=0777"
          ],
          "mount_point": "/run/kata-containers/shared/containers/$(sandbox-id)/rootfs/local/keys",
          "fs_group": null,
          "shared": true
        }
      ],
      "devices": [
        {
          "type": "vfio-pci-gk",
          "container_path": "/dev/vfio/devices/vfio1",
          "id": "^vfio[0-9]+$"
        }
      ],
      "exec_commands": [
        "/usr/bin/key-release --check"
      ]
    }
  ],
  "request_defaults": {
    "CloseStdinRequest": false,
    "GetDiagnosticDataRequest": false,
    "ReadStreamRequest": false,
    "UpdateEphemeralMountsRequest": false,
    "WriteStreamRequest": false,
    "CopyFileRequest": [
      "^$(shared)/[a-z0-9]{64}-[a-z0-9]{16}-(hosts|hostname|resolv\\.conf|termination-log)$",
      "^$(shared)/[a-z0-9]{64}-[a-z0-9]{16}-(serviceaccount|nginx\\.conf|tls|exporter-config|fluent-bit|certs)(/\\.{0,2}[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"
    ],
    "ExecProcessRequest": {
      "allowed_commands": [
        "/bin/true"
      ],
      "regex": [
        "^/bin/sh -c curl -fsS http://127\\.0\\.0\\.1:[0-9]{2,5}/(livez|readyz)$",
        "^/usr/bin/id( -[ung])?$"
      ]
    },
    "UpdateInterfaceRequest": {
      "allow_raw_flags": 128,
      "forbidden_names": [
        "lo"
      ],
      "forbidden_hw_addrs": [
        "00:00:00:00:00:00"
      ]
    },
    "UpdateRoutesRequest": {
      "forbidden_device_names": [
        "lo"
      ],
      "forbidden_source_regex": [
        "^127\\.",
        "^::1$"
      ]
    },
    "AddARPNeighborsRequest": {
      "forbidden_device_names": [
        "lo"
      ],
      "forbidden_cidrs_regex": [
        "^127\\.",
        "^::1$"
      ],
      "allowed_states": [
        2,
        128
      ],
      "allowed_flags": 136
    }
  }
}
