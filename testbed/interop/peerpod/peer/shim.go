package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	sandboxID = "3f1c9a7be2d04c6f8a5b1e7d9c0f2a4b6d8e0f1a3c5b7d9e1f3a5c7b9d1e3f50"
	podName   = "io.kubernetes.cri.sandbox-name"
	namespace = "io.kubernetes.cri.sandbox-namespace"
	settings  = "io.katacontainers.config.hypervisor."
)

// annotations is the map that the runtime makes up for CreateVM; it is not the pod's.
func annotations() map[string]string {
	return map[string]string{
		podName:                        "web",
		namespace:                      "default",
		settings + "machine_type":      "",
		settings + "image":             "",
		settings + "default_vcpus":     "0",
		settings + "default_memory":    "0",
		settings + "default_gpus":      "0",
		settings + "default_gpu_model": "",
		settings + "cc_init_data":      "algorithm = \"sha256\"\nversion = \"0.1.0\"\n\n[data]\n\"aa.toml\" = ''\n",
	}
}

func without(key string) map[string]string {
	all := annotations()
	delete(all, key)
	return all
}

func with(key, value string) map[string]string {
	all := annotations()
	all[key] = value
	return all
}

type shim struct {
	schema
	hypervisor string
}

// call makes one request on a connection of its own, as the runtime does.
func (s shim) call(socket, service, method string, request, response *dynamicpb.Message) error {
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	client := ttrpc.NewClient(connection)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return client.Call(ctx, service, method, request, response)
}

func (s shim) createVM(id string, annotations map[string]string) (string, error) {
	text, err := json.Marshal(map[string]any{
		"id": id, "annotations": annotations, "networkNamespacePath": "/var/run/netns/cni-" + id,
	})
	if err != nil {
		return "", err
	}
	response := s.message("hypervisor.CreateVMResponse")
	err = s.call(s.hypervisor, "hypervisor.Hypervisor", "CreateVM", s.from("hypervisor.CreateVMRequest", string(text)), response)
	return response.Get(field(response, "agentSocketPath")).String(), err
}

func (s shim) vm(verb, id string) error {
	request := s.from("hypervisor."+verb+"Request", fmt.Sprintf(`{"id": %q}`, id))
	return s.call(s.hypervisor, "hypervisor.Hypervisor", verb, request, s.message("hypervisor."+verb+"Response"))
}

func (s shim) vmid(pod string) (string, error) {
	request := s.from("podvminfo.GetInfoRequest", fmt.Sprintf(`{"PodName": %q, "PodNamespace": "default"}`, pod))
	response := s.message("podvminfo.GetInfoResponse")
	err := s.call(s.hypervisor, "podvminfo.PodVMInfo", "GetInfo", request, response)
	return response.Get(field(response, "VMID")).String(), err
}

func notCreated(annotations map[string]string, id, message string) func(shim) error {
	return func(s shim) error {
		_, err := s.createVM(id, annotations)
		return refused(err, codes.Unknown, message)
	}
}

func notDone(verb, id, message string) func(shim) error {
	return func(s shim) error { return refused(s.vm(verb, id), codes.Unknown, message) }
}

var shimCalls = []check[shim]{
	{"Version is 0.0.0", func(s shim) error {
		response := s.message("hypervisor.VersionResponse")
		err := s.call(s.hypervisor, "hypervisor.Hypervisor", "Version", s.from("hypervisor.VersionRequest", `{"version": "0.0.0"}`), response)
		if got := response.Get(field(response, "version")).String(); err == nil && got != "0.0.0" {
			err = fmt.Errorf("got %q", got)
		}
		return err
	}},
	{"CreateVM without an id", notCreated(annotations(), "", "empty sandbox id")},
	{"CreateVM without a pod name", notCreated(without(podName), sandboxID,
		"pod name "+podName+" is missing in annotations")},
	{"CreateVM without a namespace", notCreated(without(namespace), sandboxID,
		"namespace name "+namespace+" is missing in annotations")},
	{"StartVM before CreateVM", notDone("StartVM", sandboxID, "getting sandbox: sandbox "+sandboxID+" does not exist")},
	{"StopVM before CreateVM", notDone("StopVM", sandboxID, "stopping VM: sandbox "+sandboxID+" does not exist")},
	{"CreateVM, StartVM, the agent's health over the socket it named", func(s shim) error {
		socket, err := s.createVM(sandboxID, annotations())
		if err != nil {
			return err
		}
		if !strings.HasSuffix(socket, filepath.Join(sandboxID, "agent.ttrpc")) {
			return fmt.Errorf("the socket is %s", socket)
		}
		if err := s.vm("StartVM", sandboxID); err != nil {
			return err
		}
		health := s.message("grpc.HealthCheckResponse")
		if err := s.call(socket, "grpc.Health", "Check", s.message("grpc.CheckRequest"), health); err != nil {
			return err
		}
		if health.Get(field(health, "status")).Enum() != 1 {
			return errors.New("not SERVING")
		}
		return nil
	}},
	{"CreateVM a second time", notCreated(annotations(), sandboxID, "adding sandbox: sandbox "+sandboxID+" already exists")},
	{"PodVMInfo names the instance", func(s shim) error {
		id, err := s.vmid("web")
		if err == nil && id == "" {
			err = errors.New("it is empty")
		}
		return err
	}},
	{"PodVMInfo of a stranger is NOT_FOUND", func(s shim) error {
		_, err := s.vmid("nobody")
		return refused(err, codes.NotFound, "VM ID for default:nobody was not found")
	}},
	{"StopVM, and a second StopVM", func(s shim) error {
		if err := s.vm("StopVM", sandboxID); err != nil {
			return err
		}
		return refused(s.vm("StopVM", sandboxID), codes.Unknown, "stopping VM: sandbox "+sandboxID+" does not exist")
	}},
	{"a machine type that is not in the list", func(s shim) error {
		if _, err := s.createVM("other", with(settings+"machine_type", "huge")); err != nil {
			return err
		}
		return refused(s.vm("StartVM", "other"), codes.Unknown,
			`creating an instance : requested instance type ("huge") is not part of supported instance types list`)
	}},
	{"100 pods at once, and all are stopped", func(s shim) error {
		failures := make(chan error, 100)
		for i := range 100 {
			go func() {
				id := fmt.Sprintf("storm-%d", i)
				_, err := s.createVM(id, with(podName, id))
				if err == nil {
					err = s.vm("StartVM", id)
				}
				failures <- errors.Join(err, s.vm("StopVM", id))
			}()
		}
		var all error
		for range 100 {
			all = errors.Join(all, <-failures)
		}
		return all
	}},
}

func runShim(socket, protos string) error {
	loaded, err := loadSchema(protos, "hypervisor.proto", "podvminfo.proto", "health.proto")
	if err != nil {
		return err
	}
	return runChecks(shim{loaded, socket}, shimCalls)
}
