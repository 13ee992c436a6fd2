package channel

import "context"

type handoverKey struct{}

// OnHandover has f called right before a message leaves for the provider, at the latest
// before the last byte of it: as long as it was not called, the provider certainly has
// nothing. It may be called several times. Whoever makes a Channel that does not send
// through API must call HandingOver in Send.
func OnHandover(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, handoverKey{}, f)
}

// HandingOver tells whoever asked by OnHandover that a message leaves from now on.
func HandingOver(ctx context.Context) {
	if f, ok := ctx.Value(handoverKey{}).(func()); ok {
		f()
	}
}
