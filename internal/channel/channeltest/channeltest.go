// Package channeltest holds emulators of the providers: they accept sends, misbehave on
// order and call back with signed webhooks. They are for tests, benchmarks and the demo.
package channeltest
