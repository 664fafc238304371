package main

import (
	"context"
	"fmt"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// schema finds messages and services by their full name.
type schema struct{ files linker.Files }

func loadSchema(dir string, names ...string) (schema, error) {
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{dir}}),
	}
	files, err := compiler.Compile(context.Background(), append(names, "google/protobuf/empty.proto")...)
	return schema{files}, err
}

func (s schema) message(name string) *dynamicpb.Message {
	found, err := s.files.AsResolver().FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	return dynamicpb.NewMessage(found.Descriptor())
}

// from fills a message from protobuf's JSON.
func (s schema) from(name, json string) *dynamicpb.Message {
	message := s.message(name)
	if err := protojson.Unmarshal([]byte(json), message); err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	return message
}

func (s schema) services() []protoreflect.ServiceDescriptor {
	var found []protoreflect.ServiceDescriptor
	for _, file := range s.files {
		for i := range file.Services().Len() {
			found = append(found, file.Services().Get(i))
		}
	}
	return found
}

func field(message *dynamicpb.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return message.Descriptor().Fields().ByName(name)
}
