// Command agent-go is a foreign peer for katasim's ttrpc: containerd's own Go implementation, with
// messages made from the .proto files by Go's protobuf library.
//
//	agent-go client NETWORK ADDRESS PROTO_DIR   calls an agent and says of each check how it went
//	agent-go server SOCKET PROTO_DIR            serves grpc.Health with a few habits to test a client on
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// schema finds messages by their full name.
type schema struct{ files linker.Files }

func loadSchema(dir string) (schema, error) {
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{dir}}),
	}
	files, err := compiler.Compile(context.Background(), "agent.proto", "health.proto", "google/protobuf/empty.proto")
	return schema{files}, err
}

func (s schema) message(name string) *dynamicpb.Message {
	found, err := s.files.AsResolver().FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	return dynamicpb.NewMessage(found.Descriptor())
}

// from fills a message from protobuf's JSON, which spells fields as the .proto does or in camel case.
func (s schema) from(name, json string) *dynamicpb.Message {
	message := s.message(name)
	if err := protojson.Unmarshal([]byte(json), message); err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	return message
}

func text(message *dynamicpb.Message) string {
	options := protojson.MarshalOptions{UseProtoNames: true}
	bytes, err := options.Marshal(message)
	if err != nil {
		return err.Error()
	}
	return string(bytes)
}

func main() {
	args := os.Args[1:]
	var err error
	switch {
	case len(args) == 4 && args[0] == "client":
		err = runClient(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "server":
		err = runServer(args[1], args[2])
	default:
		err = fmt.Errorf("usage: agent-go client NETWORK ADDRESS PROTO_DIR | server SOCKET PROTO_DIR")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
