package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"github.com/avast/retry-go/v4"
	"github.com/containerd/ttrpc"
)

// runProxy listens first, dials until the pod VM answers, and only then serves.
func runProxy(socket, address, serverName, tlsDir, timeout, protos string) error {
	loaded, err := loadSchema(protos, "agent.proto", "health.proto")
	if err != nil {
		return err
	}
	patience, err := time.ParseDuration(timeout)
	if err != nil {
		return err
	}
	os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	relay := &relay{schema: loaded, dial: func(ctx context.Context) (net.Conn, error) {
		return dialForwarder(ctx, address, serverName, tlsDir, patience)
	}}
	if err := relay.connect(context.Background()); err != nil {
		return fmt.Errorf("error connecting to agent: %v", err)
	}
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	relay.register(server)
	fmt.Println("ready")
	return server.Serve(context.Background(), listener)
}

type contextDialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

func dialForwarder(ctx context.Context, address, serverName, tlsDir string, patience time.Duration) (net.Conn, error) {
	plain := &net.Dialer{Timeout: patience}
	var dialer contextDialer = plain
	if tlsDir != "-" {
		files, err := readAll(tlsDir, "ca.crt", "client.crt", "client.key")
		if err != nil {
			return nil, err
		}
		config, err := mutual(files[0], files[1], files[2])
		if err != nil {
			return nil, err
		}
		config.ServerName = serverName
		dialer = &tls.Dialer{NetDialer: plain, Config: config}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var connection net.Conn
	err := retry.Do(func() error {
		var err error
		if connection, err = dialer.DialContext(ctx, "tcp", address); err != nil {
			log.Printf("Retrying failed agent proxy connection: %v", err)
		}
		return err
	}, retry.Attempts(0), retry.Context(ctx), retry.MaxDelay(5*time.Second))
	if err != nil {
		return nil, fmt.Errorf("failed to establish agent proxy connection to %s: %w", address, err)
	}
	if secure, ok := connection.(*tls.Conn); ok {
		state := secure.ConnectionState()
		log.Printf("%s %s %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite), state.PeerCertificates[0].Subject)
	}
	return connection, nil
}
