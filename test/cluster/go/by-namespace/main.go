// Command by-namespace is a CNI plugin that hands its call on to another one: to the plugin `system` of its configuration for pods of
// namespaces that end in "-system", to the plugin `others` for the rest. It stands for what clusters have where only some pods have
// fixed addresses: a network of the cluster's own beside theirs.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

type object = map[string]json.RawMessage

func main() {
	log.SetFlags(0)
	if os.Getenv("CNI_COMMAND") == "VERSION" {
		fmt.Println(`{"cniVersion":"1.0.0","supportedVersions":["0.3.1","0.4.0","1.0.0"]}`)
		return
	}
	var configuration object
	check(json.NewDecoder(os.Stdin).Decode(&configuration))
	chosen := "others"
	if isSystem(os.Getenv("CNI_ARGS")) {
		chosen = "system"
	}
	var delegate object
	var program string
	check(json.Unmarshal(configuration[chosen], &delegate))
	check(json.Unmarshal(delegate["type"], &program))
	// What the runtime says of the call (prevResult, runtimeConfig, …) is for whom it is handed to.
	for name, value := range configuration {
		if _, own := delegate[name]; !own && name != "system" && name != "others" {
			delegate[name] = value
		}
	}
	text, err := json.Marshal(delegate)
	check(err)
	check(handOn(filepath.Join(os.Getenv("CNI_PATH"), program), text))
}

func isSystem(arguments string) bool {
	for _, pair := range strings.Split(arguments, ";") {
		if name, value, _ := strings.Cut(pair, "="); name == "K8S_POD_NAMESPACE" {
			return strings.HasSuffix(value, "-system")
		}
	}
	return false
}

// handOn becomes the other program, with this text as its standard input.
func handOn(path string, text []byte) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	// A configuration is shorter than what a pipe holds.
	if _, err := bytes.NewReader(text).WriteTo(writer); err != nil {
		return err
	}
	writer.Close()
	if err := syscall.Dup3(int(reader.Fd()), 0, 0); err != nil {
		return err
	}
	return syscall.Exec(path, []string{path}, os.Environ())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
