// Parley is the contact book and shared inbox of a business that talks with its customers
// on WhatsApp and SMS.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are what the program does; each has a file.
type commands struct {
	Demo     demo       `cmd:"" help:"A sample business with simulated WhatsApp and SMS, in a temporary folder."`
	Serve    serve      `cmd:"" help:"The server."`
	Business business   `cmd:"" help:"Businesses of this installation."`
	Migrate  migrate    `cmd:"" help:"Bring the database up to date, or show its state."`
	Backup   backup     `cmd:"" help:"Write a copy of the database, while it is in use."`
	Verify   verify     `cmd:"" help:"Check that a backup is whole."`
	Restore  restore    `cmd:"" help:"Fill an empty database from a backup. Sending stays on hold until an admin releases it."`
	Import   importFile `cmd:"" help:"Import a file of contacts, as in the browser."`
	Export   exportFile `cmd:"" help:"Write contacts to a file, as in the browser."`
	Routes   routesList `cmd:"" help:"List every HTTP route and who may call it."`
	Version  version    `cmd:"" help:"The version of this program."`
}

// program is what a command is run with.
type program struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(program{ctx, os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// The exit statuses of the contract.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// run runs one command line and returns its exit status.
func run(p program, args []string) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("parley"), kong.Description("The contact book and shared inbox of a business on WhatsApp and SMS."),
		kong.Writers(p.stdout, p.stderr), kong.Exit(func(status int) { exited = status }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.UsageOnError())
	if err != nil {
		return p.fail(exitFailed, err)
	}
	if len(args) == 0 || args[0] == "help" {
		args = append(args[min(1, len(args)):], "--help")
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // help was shown
		return exited
	}
	if err != nil {
		return p.fail(exitUsage, err)
	}
	if err := parsed.Run(p); err != nil {
		var usage usageError
		if errors.As(err, &usage) {
			return p.fail(exitUsage, err)
		}
		return p.fail(exitFailed, err)
	}
	return exitDone
}

// fail says in one line what is wrong.
func (p program) fail(status int, err error) int {
	_, _ = fmt.Fprintln(p.stderr, "parley: "+strings.ReplaceAll(err.Error(), "\n", ": "))
	return status
}

// usageError is a flag or setting that cannot be. A setting without a flag goes by the
// name of its environment variable; with neither, wants names what is wrong.
type usageError struct{ flag, wants string }

func (e usageError) Error() string {
	switch {
	case e.flag == "":
		return e.wants
	case strings.HasPrefix(e.flag, "PARLEY_"):
		return e.flag + ": " + e.wants
	}
	return "--" + e.flag + ": " + e.wants
}
