package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/containerd/ttrpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// relay passes every call of the agent's two services on over one connection. As with the real one,
// that connection is dialled once: a dial that fails is final.
type relay struct {
	schema
	dial   func(context.Context) (net.Conn, error)
	change func(method string, request *dynamicpb.Message)
	once   sync.Once
	client *ttrpc.Client
}

func (r *relay) connect(ctx context.Context) error {
	var failure error
	r.once.Do(func() {
		connection, err := r.dial(ctx)
		if err != nil {
			failure = err
			return
		}
		r.client = ttrpc.NewClient(connection)
	})
	if failure != nil {
		return fmt.Errorf("agent connection is not established: %w", failure)
	}
	if r.client == nil {
		return errors.New("agent connection is not established")
	}
	return nil
}

func (r *relay) register(server *ttrpc.Server) {
	for _, service := range r.services() {
		methods := map[string]ttrpc.Method{}
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			methods[string(method.Name())] = r.method(service, method)
		}
		server.RegisterService(string(service.FullName()), &ttrpc.ServiceDesc{Methods: methods})
	}
}

func (r *relay) method(service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor) ttrpc.Method {
	return func(ctx context.Context, unmarshal func(any) error) (any, error) {
		request := dynamicpb.NewMessage(method.Input())
		if err := unmarshal(request); err != nil {
			return nil, err
		}
		if err := r.connect(ctx); err != nil {
			return nil, err
		}
		if r.change != nil {
			r.change(string(method.Name()), request)
		}
		response := dynamicpb.NewMessage(method.Output())
		if err := r.client.Call(ctx, string(service.FullName()), string(method.Name()), request, response); err != nil {
			return nil, err
		}
		return response, nil
	}
}
