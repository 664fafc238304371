package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/dynamicpb"
)

type agent struct {
	schema
	ttrpc *ttrpc.Client
}

func (a agent) call(ctx context.Context, service, method, request, json, response string) (*dynamicpb.Message, error) {
	answer := a.message(response)
	return answer, a.ttrpc.Call(ctx, service, method, a.from("grpc."+request, json), answer)
}

func (a agent) empty(method, json string) error {
	_, err := a.call(context.Background(), "grpc.AgentService", method, method+"Request", json, "google.protobuf.Empty")
	return err
}

func (a agent) health() error {
	answer, err := a.call(context.Background(), "grpc.Health", "Check", "CheckRequest", "{}", "grpc.HealthCheckResponse")
	if err == nil && answer.Get(field(answer, "status")).Enum() != 1 {
		err = errors.New("not SERVING")
	}
	return err
}

const container = `{
  "container_id": "c1", "exec_id": "c1",
  "storages": [{"driver": "image_guest_pull", "source": "busybox", "fstype": "overlay",
    "driver_options": ["image_guest_pull={\"metadata\":{}}"],
    "mount_point": "/run/kata-containers/c1/rootfs"}],
  "OCI": {
    "Version": "1.1.0",
    "Process": {"Args": ["sh", "-c", "echo $0 the tunnel; cat; exit 5", "through"], "Cwd": "/",
      "Env": ["PATH=/bin"], "User": {"UID": 0}, "Capabilities": {}},
    "Root": {"Path": "/run/kata-containers/c1/rootfs"},
    "Annotations": {"io.kubernetes.cri.container-type": "container"},
    "Linux": {"Namespaces": [{"Type": "mount"}], "Resources": {}}
  }
}`

func (a agent) readAll() (string, error) {
	var out strings.Builder
	for {
		answer, err := a.call(context.Background(), "grpc.AgentService", "ReadStdout", "ReadStreamRequest",
			`{"container_id": "c1", "len": 32768}`, "grpc.ReadStreamResponse")
		if err != nil {
			return out.String(), err
		}
		data := answer.Get(field(answer, "data")).Bytes()
		if len(data) == 0 {
			return out.String(), nil
		}
		out.Write(data)
	}
}

var calls = []check[agent]{
	{"Health.Check is SERVING", agent.health},
	{"Health.Version has a version", func(a agent) error {
		answer, err := a.call(context.Background(), "grpc.Health", "Version", "CheckRequest", "{}", "grpc.VersionCheckResponse")
		if err == nil && answer.Get(field(answer, "agent_version")).String() == "" {
			err = errors.New("it is empty")
		}
		return err
	}},
	{"CreateSandbox, whose name servers the forwarder takes out", func(a agent) error {
		return a.empty("CreateSandbox", `{"hostname": "web-0", "sandbox_id": "s1", "dns": ["nameserver 10.96.0.10", ""]}`)
	}},
	{"CreateContainer, which the forwarder gives a namespace", func(a agent) error {
		if err := a.empty("CreateContainer", container); err != nil {
			return err
		}
		return a.empty("StartContainer", `{"container_id": "c1"}`)
	}},
	{"a lookup error keeps its code and message", func(a agent) error {
		_, err := a.call(context.Background(), "grpc.AgentService", "WaitProcess", "WaitProcessRequest",
			`{"container_id": "c1", "exec_id": "nope"}`, "grpc.WaitProcessResponse")
		return refused(err, codes.NotFound, "InvalidExecId")
	}},
	{"a denied exec keeps code and quotes", func(a agent) error {
		err := a.empty("ExecProcess", `{"container_id": "c1", "exec_id": "e", "process": {"Args": ["id"]}}`)
		return refused(err, codes.PermissionDenied, `"ExecProcessRequest is blocked by policy: "`)
	}},
	{"a deadline ends a long poll, and the tunnel goes on", func(a agent) error {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err := a.call(ctx, "grpc.AgentService", "WaitProcess", "WaitProcessRequest",
			`{"container_id": "c1"}`, "grpc.WaitProcessResponse")
		if !errors.Is(err, context.DeadlineExceeded) && status.Code(err) != codes.DeadlineExceeded {
			return fmt.Errorf("got %v", err)
		}
		return a.health()
	}},
	{"stdin, stdout and the exit code", func(a agent) error {
		if _, err := a.call(context.Background(), "grpc.AgentService", "WriteStdin", "WriteStreamRequest",
			`{"container_id": "c1", "data": "aW4K"}`, "grpc.WriteStreamResponse"); err != nil {
			return err
		}
		if err := a.empty("CloseStdin", `{"container_id": "c1"}`); err != nil {
			return err
		}
		if text, err := a.readAll(); err != nil || text != "through the tunnel\nin\n" {
			return fmt.Errorf("got %q, %v", text, err)
		}
		answer, err := a.call(context.Background(), "grpc.AgentService", "WaitProcess", "WaitProcessRequest",
			`{"container_id": "c1"}`, "grpc.WaitProcessResponse")
		if err == nil && answer.Get(field(answer, "status")).Int() != 5 {
			err = fmt.Errorf("exit code %d", answer.Get(field(answer, "status")).Int())
		}
		return err
	}},
	{"1,000 calls at once", func(a agent) error {
		var group sync.WaitGroup
		failures := make(chan error, 1000)
		for range 1000 {
			group.Go(func() {
				if err := a.health(); err != nil {
					failures <- err
				}
			})
		}
		group.Wait()
		if len(failures) > 0 {
			return fmt.Errorf("%d failed: %w", len(failures), <-failures)
		}
		return nil
	}},
	{"files in chunks of 1 MiB", func(a agent) error {
		chunk := strings.Repeat("QUJD", (1<<20)/3)
		size := len(chunk) / 4 * 3
		for i := range 4 {
			json := fmt.Sprintf(`{"path": "/run/kata-containers/shared/containers/file", "file_size": %d,
				"file_mode": 420, "dir_mode": 493, "offset": %d, "data": "%s"}`, 4*size, i*size, chunk)
			if err := a.empty("CopyFile", json); err != nil {
				return err
			}
		}
		return nil
	}},
	{"RemoveContainer", func(a agent) error { return a.empty("RemoveContainer", `{"container_id": "c1"}`) }},
}

func runCalls(socket, protos string) error {
	loaded, err := loadSchema(protos, "agent.proto", "health.proto")
	if err != nil {
		return err
	}
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	client := ttrpc.NewClient(connection)
	defer client.Close()
	return runChecks(agent{loaded, client}, calls)
}
