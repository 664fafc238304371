// Command peer plays the parts of cloud-api-adaptor that katasim meets, made with the libraries that
// the real ones are made with: containerd/ttrpc, avast/retry-go and crypto/tls, set up in the same way.
//
//	peer proxy SOCKET HOST:PORT SERVER_NAME TLS_DIR PROXY_TIMEOUT PROTO_DIR   the agent proxy on the worker
//	peer forwarder LISTEN APF_JSON AGENT_SOCKET PROTO_DIR                      agent-protocol-forwarder in the pod VM
//	peer shim HYPERVISOR_SOCKET PROTO_DIR                                      the runtime's hypervisor client
//	peer calls AGENT_SOCKET PROTO_DIR                                          a client of the agent, through any tunnel
//	peer certificates TLS_DIR SERVER_NAME                                      the automatic CA's certificates
//
// A TLS_DIR holds ca.crt, client.crt, client.key, server.crt and server.key; `-` means plain TCP.
package main

import (
	"fmt"
	"log"
	"os"
)

type command struct {
	arguments int
	run       func(args []string) error
}

var commands = map[string]command{
	"proxy":        {6, func(a []string) error { return runProxy(a[0], a[1], a[2], a[3], a[4], a[5]) }},
	"forwarder":    {4, func(a []string) error { return runForwarder(a[0], a[1], a[2], a[3]) }},
	"shim":         {2, func(a []string) error { return runShim(a[0], a[1]) }},
	"calls":        {2, func(a []string) error { return runCalls(a[0], a[1]) }},
	"certificates": {2, func(a []string) error { return writeCertificates(a[0], a[1]) }},
}

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	if len(os.Args) > 1 {
		if chosen, found := commands[os.Args[1]]; found && len(os.Args) == 2+chosen.arguments {
			if err := chosen.run(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: peer proxy|forwarder|shim|calls|certificates ARGUMENTS, see main.go")
	os.Exit(2)
}
