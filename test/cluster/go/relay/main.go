// Command relay carries connections between network namespaces that have no route to each other:
// the host's, where the API server is, and those of the nodes. Unix sockets lie in the file system,
// which all of them see.
//
//	relay forward LISTEN DIAL   copies each connection to DIAL
//	relay proxy LISTEN          answers HTTP CONNECT, for the API server's connections to kubelets
//
// An address is tcp:HOST:PORT or unix:PATH.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const dialTimeout = 10 * time.Second

func main() {
	switch {
	case len(os.Args) == 4 && os.Args[1] == "forward":
		network, address := parse(os.Args[3])
		serve(os.Args[2], func(client net.Conn) { forward(client, network, address) })
	case len(os.Args) == 3 && os.Args[1] == "proxy":
		serve(os.Args[2], proxy)
	default:
		log.Fatal("usage: relay forward LISTEN DIAL | relay proxy LISTEN")
	}
}

func parse(address string) (string, string) {
	network, rest, found := strings.Cut(address, ":")
	if !found || (network != "tcp" && network != "unix") {
		log.Fatalf("bad address %q: tcp:HOST:PORT or unix:PATH", address)
	}
	return network, rest
}

func serve(address string, handle func(net.Conn)) {
	network, rest := parse(address)
	if network == "unix" {
		os.Remove(rest) // the socket of one that was killed
	}
	listener, err := net.Listen(network, rest)
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go handle(client)
	}
}

func forward(client net.Conn, network, address string) {
	server, err := net.DialTimeout(network, address, dialTimeout)
	if err != nil {
		log.Print(err)
		client.Close()
		return
	}
	join(client, client, server)
}

func proxy(client net.Conn) {
	reader := bufio.NewReader(client)
	request, err := http.ReadRequest(reader)
	if err != nil || request.Method != http.MethodConnect {
		fmt.Fprint(client, "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
		client.Close()
		return
	}
	server, err := net.DialTimeout("tcp", request.Host, dialTimeout)
	if err != nil {
		log.Print(err)
		fmt.Fprint(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		client.Close()
		return
	}
	fmt.Fprint(client, "HTTP/1.1 200 Connection Established\r\n\r\n")
	// What the client sent ahead is in the reader's buffer by now.
	join(reader, client, server)
}

// join copies both ways until both have ended. An end is passed on, as each side may go on alone.
func join(fromClient io.Reader, client, server net.Conn) {
	done := make(chan struct{})
	go func() {
		pass(server, fromClient)
		close(done)
	}()
	pass(client, server)
	<-done
	client.Close()
	server.Close()
}

func pass(to net.Conn, from io.Reader) {
	io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}
