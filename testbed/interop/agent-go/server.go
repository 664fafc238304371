package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// runServer answers Check by the service asked for: "fail" is refused, "slow" takes until the caller
// gives up, "large" is refused with a long message, anything else is serving.
func runServer(socket, protos string) error {
	loaded, err := loadSchema(protos)
	if err != nil {
		return err
	}
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	check := func(ctx context.Context, unmarshal func(any) error) (any, error) {
		request := loaded.message("grpc.CheckRequest")
		if err := unmarshal(request); err != nil {
			return nil, err
		}
		switch asked := request.Get(request.Descriptor().Fields().ByName("service")).String(); asked {
		case "fail":
			return nil, status.Error(codes.NotFound, `"no such service": fail`)
		case "slow":
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Minute):
			}
		}
		return loaded.from("grpc.HealthCheckResponse", `{"status": "SERVING"}`), nil
	}
	version := func(ctx context.Context, unmarshal func(any) error) (any, error) {
		metadata, _ := ttrpc.GetMetadata(ctx)
		tags, _ := metadata.Get("x-tag")
		return loaded.from("grpc.VersionCheckResponse", fmt.Sprintf(`{"agent_version": "%v"}`, tags)), nil
	}
	server.RegisterService("grpc.Health", &ttrpc.ServiceDesc{
		Methods: map[string]ttrpc.Method{"Check": check, "Version": version},
	})
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	return server.Serve(context.Background(), listener)
}
