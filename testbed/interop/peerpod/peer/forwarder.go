package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"

	"github.com/avast/retry-go/v4"
	"github.com/containerd/ttrpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

const podNamespace = "/run/netns/podns"

// apf is what the forwarder reads of the file that the adaptor writes.
type apf struct {
	PodNetwork struct {
		PodIP   string `json:"podip"`
		HWAddr  string `json:"pod-hw-addr"`
		VXLANID int    `json:"vxlan-id"`
	} `json:"pod-network"`
	PodNamespace  string `json:"pod-namespace"`
	PodName       string `json:"pod-name"`
	TLSServerKey  string `json:"tls-server-key,omitempty"`
	TLSServerCert string `json:"tls-server-cert,omitempty"`
	TLSClientCA   string `json:"tls-client-ca,omitempty"`
}

func runForwarder(address, file, agentSocket, protos string) error {
	loaded, err := loadSchema(protos, "agent.proto", "health.proto")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var config apf
	if err := json.Unmarshal(text, &config); err != nil {
		return err
	}
	listener, err := listenFor(config, address)
	if err != nil {
		return err
	}
	relay := &relay{schema: loaded, change: intercept, dial: func(ctx context.Context) (net.Conn, error) {
		var connection net.Conn
		err := retry.Do(func() error {
			var err error
			connection, err = (&net.Dialer{}).DialContext(ctx, "unix", agentSocket)
			return err
		}, retry.Context(ctx))
		if err != nil {
			err = fmt.Errorf("failed to establish agent connection to %s: %w", agentSocket, err)
		}
		return connection, err
	}}
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	relay.register(server)
	fmt.Println(listener.Addr())
	return server.Serve(context.Background(), listener)
}

func listenFor(config apf, address string) (net.Listener, error) {
	if config.TLSServerCert == "" {
		return net.Listen("tcp", address)
	}
	settings, err := mutual([]byte(config.TLSClientCA), []byte(config.TLSServerCert), []byte(config.TLSServerKey))
	if err != nil {
		return nil, err
	}
	return tls.Listen("tcp", address, settings)
}

// intercept makes the two changes that the forwarder makes to every pod: the VM's own name servers
// stay, and containers go into the pod's network namespace.
func intercept(method string, request *dynamicpb.Message) {
	switch method {
	case "CreateSandbox":
		request.Clear(field(request, "dns"))
	case "CreateContainer":
		oci := request.Mutable(field(request, "OCI")).Message()
		linux := oci.Mutable(oci.Descriptor().Fields().ByName("Linux")).Message()
		namespaces := linux.Mutable(linux.Descriptor().Fields().ByName("Namespaces")).List()
		added := namespaces.NewElement()
		fields := added.Message().Descriptor().Fields()
		added.Message().Set(fields.ByName("Type"), protoreflect.ValueOfString("network"))
		added.Message().Set(fields.ByName("Path"), protoreflect.ValueOfString(podNamespace))
		namespaces.Append(added)
	}
}
