// Pause holds a pod's namespaces open until it is told to end: the process of the image kfnb.test/pause.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGINT, syscall.SIGTERM)
	dead := make(chan os.Signal, 16)
	signal.Notify(dead, syscall.SIGCHLD)
	for {
		select {
		case <-ends:
			os.Exit(0)
		case <-dead:
			// It is process 1 where containers of a pod share their processes, and so inherits orphans.
			for {
				if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
					break
				}
			}
		}
	}
}
