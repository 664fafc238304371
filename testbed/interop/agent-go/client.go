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
)

const service = "grpc.AgentService"

type client struct {
	schema
	ttrpc *ttrpc.Client
}

func (c client) call(ctx context.Context, method, request, json, response string) (string, error) {
	answer := c.message(response)
	err := c.ttrpc.Call(ctx, service, method, c.from("grpc."+request, json), answer)
	return text(answer), err
}

// empty calls a method whose answer is google.protobuf.Empty.
func (c client) empty(method, request, json string) error {
	_, err := c.call(context.Background(), method, request, json, "google.protobuf.Empty")
	return err
}

func (c client) health(ctx context.Context, method, response string) (string, error) {
	answer := c.message(response)
	err := c.ttrpc.Call(ctx, "grpc.Health", method, c.message("grpc.CheckRequest"), answer)
	return strings.ReplaceAll(text(answer), " ", ""), err
}

func want(got, wanted string, err error) error {
	if err != nil {
		return err
	}
	if got != wanted {
		return fmt.Errorf("got %s, want %s", got, wanted)
	}
	return nil
}

func refused(err error, code codes.Code, message string) error {
	if got := status.Convert(err); got.Code() != code || got.Message() != message {
		return fmt.Errorf("got %s %q, want %s %q", got.Code(), got.Message(), code, message)
	}
	return nil
}

const container = `{
  "container_id": "c1", "exec_id": "c1",
  "storages": [{"driver": "image_guest_pull", "source": "busybox", "fstype": "overlay",
    "driver_options": ["image_guest_pull={\"metadata\":{}}"],
    "mount_point": "/run/kata-containers/c1/rootfs"}],
  "OCI": {
    "Version": "1.1.0",
    "Process": {"Args": ["sh", "-c", "echo $0 from Go; cat; exit 5", "hello"], "Cwd": "/",
      "Env": ["PATH=/bin"], "User": {"UID": 0}, "Capabilities": {}},
    "Root": {"Path": "/run/kata-containers/c1/rootfs"},
    "Annotations": {"io.kubernetes.cri.container-type": "container"},
    "Linux": {"Namespaces": [{"Type": "mount"}], "Resources": {"Memory": {"Limit": "9007199254740993"}}}
  }
}`

func (c client) readAll() (string, error) {
	var out strings.Builder
	for {
		answer := c.message("grpc.ReadStreamResponse")
		request := c.from("grpc.ReadStreamRequest", `{"container_id": "c1", "len": 32768}`)
		if err := c.ttrpc.Call(context.Background(), service, "ReadStdout", request, answer); err != nil {
			return out.String(), err
		}
		data := answer.Get(answer.Descriptor().Fields().ByName("data")).Bytes()
		if len(data) == 0 {
			return out.String(), nil
		}
		out.Write(data)
	}
}

var checks = []struct {
	name string
	run  func(client) error
}{
	{"Health.Check is SERVING", func(c client) error {
		got, err := c.health(context.Background(), "Check", "grpc.HealthCheckResponse")
		return want(got, `{"status":"SERVING"}`, err)
	}},
	{"Health.Version", func(c client) error {
		got, err := c.health(context.Background(), "Version", "grpc.VersionCheckResponse")
		return want(got, `{"grpc_version":"0.0.1","agent_version":"4.1.0"}`, err)
	}},
	{"CreateSandbox", func(c client) error {
		return c.empty("CreateSandbox", "CreateSandboxRequest", `{"hostname": "web-0", "sandbox_id": "s1"}`)
	}},
	{"CreateContainer", func(c client) error { return c.empty("CreateContainer", "CreateContainerRequest", container) }},
	{"StartContainer", func(c client) error {
		return c.empty("StartContainer", "StartContainerRequest", `{"container_id": "c1"}`)
	}},
	{"a lookup error keeps its code and bare name", func(c client) error {
		_, err := c.call(context.Background(), "WaitProcess", "WaitProcessRequest",
			`{"container_id": "c1", "exec_id": "nope"}`, "grpc.WaitProcessResponse")
		return refused(err, codes.NotFound, "InvalidExecId")
	}},
	{"a denied exec keeps code and quotes", func(c client) error {
		err := c.empty("ExecProcess", "ExecProcessRequest",
			`{"container_id": "c1", "exec_id": "e", "process": {"Args": ["id"]}}`)
		return refused(err, codes.PermissionDenied, `"ExecProcessRequest is blocked by policy: "`)
	}},
	{"an undefined rule is INTERNAL", func(c client) error {
		_, err := c.call(context.Background(), "GetMetrics", "GetMetricsRequest", `{}`, "grpc.Metrics")
		return refused(err, codes.Internal,
			`"GetMetricsRequest: internal error policy check: unexpected eval_query result len QueryResults { result: [] }"`)
	}},
	{"a deadline ends a long poll, and the connection goes on", func(c client) error {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err := c.call(ctx, "WaitProcess", "WaitProcessRequest", `{"container_id": "c1"}`, "grpc.WaitProcessResponse")
		if !errors.Is(err, context.DeadlineExceeded) && status.Code(err) != codes.DeadlineExceeded {
			return fmt.Errorf("got %v", err)
		}
		_, err = c.health(context.Background(), "Check", "grpc.HealthCheckResponse")
		return err
	}},
	{"stdin arrives in full", func(c client) error {
		got, err := c.call(context.Background(), "WriteStdin", "WriteStreamRequest",
			`{"container_id": "c1", "data": "aW4K"}`, "grpc.WriteStreamResponse")
		if err := want(got, `{"len":3}`, err); err != nil {
			return err
		}
		return c.empty("CloseStdin", "CloseStdinRequest", `{"container_id": "c1"}`)
	}},
	{"stdout is read to its end", func(c client) error {
		got, err := c.readAll()
		return want(got, "hello from Go\nin\n", err)
	}},
	{"WaitProcess has the exit code", func(c client) error {
		got, err := c.call(context.Background(), "WaitProcess", "WaitProcessRequest",
			`{"container_id": "c1"}`, "grpc.WaitProcessResponse")
		return want(got, `{"status":5}`, err)
	}},
	{"1,000 calls at once on one connection", func(c client) error {
		var group sync.WaitGroup
		failures := make(chan error, 1000)
		for range 1000 {
			group.Add(1)
			go func() {
				defer group.Done()
				if _, err := c.health(context.Background(), "Check", "grpc.HealthCheckResponse"); err != nil {
					failures <- err
				}
			}()
		}
		group.Wait()
		if len(failures) > 0 {
			return fmt.Errorf("%d failed: %w", len(failures), <-failures)
		}
		return nil
	}},
	{"a request just below 4 MiB is taken", func(c client) error {
		json := fmt.Sprintf(`{"is_ipv6": true, "data": "%s"}`, strings.Repeat("IyAg", (4<<20-256)/3))
		_, err := c.call(context.Background(), "SetIPTables", "SetIPTablesRequest", json, "grpc.SetIPTablesResponse")
		if status.Code(err) == codes.ResourceExhausted || status.Code(err) == codes.Unavailable {
			return err
		}
		_, err = c.health(context.Background(), "Check", "grpc.HealthCheckResponse")
		return err
	}},
	{"an unknown method is UNIMPLEMENTED", func(c client) error {
		err := c.empty("Frobnicate", "GetMetricsRequest", `{}`)
		return refused(err, codes.Unimplemented, "Frobnicate method")
	}},
	{"an unknown service is INVALID_ARGUMENT", func(c client) error {
		err := c.ttrpc.Call(context.Background(), "no.Service", "X", c.message("grpc.CheckRequest"), c.message("grpc.CheckRequest"))
		return refused(err, codes.InvalidArgument, "no.Service service does not exist")
	}},
	{"RemoveContainer and DestroySandbox", func(c client) error {
		if err := c.empty("RemoveContainer", "RemoveContainerRequest", `{"container_id": "c1"}`); err != nil {
			return err
		}
		return c.empty("DestroySandbox", "DestroySandboxRequest", `{}`)
	}},
}

func runClient(network, address, protos string) error {
	loaded, err := loadSchema(protos)
	if err != nil {
		return err
	}
	connection, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	c := client{loaded, ttrpc.NewClient(connection)}
	defer c.ttrpc.Close()
	failed := 0
	for _, check := range checks {
		if err := check.run(c); err != nil {
			failed++
			fmt.Printf("not ok - %s: %v\n", check.name, err)
		} else {
			fmt.Printf("ok - %s\n", check.name)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(checks))
	}
	return nil
}
