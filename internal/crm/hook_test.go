package crm_test

import (
	"testing"
	"time"

	"parley/internal/crm"
)

// The vector of the Standard Webhooks specification's own libraries.
func TestSignHook(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	at := time.Unix(1614265330, 0)
	body := []byte(`{"test": 2432232314}`)
	if got, want := crm.SignHook("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body, secret), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if got := crm.SignHook("msg_1", at, body, secret, "whsec_", "whsec_!"); got != crm.SignHook("msg_1", at, body, secret) {
		t.Errorf("with secrets that are none: %s", got)
	}
}
