package channel_test

import (
	"regexp"
	"testing"

	"parley/internal/channel"
	"parley/internal/channel/simulator"
	"parley/internal/channel/twilio"
	"parley/internal/channel/vonage"
	"parley/internal/channel/whatsapp"
)

// TestKinds checks what wiring and the settings page rely on.
func TestKinds(t *testing.T) {
	placeholder := regexp.MustCompile(`\{(\w+)\}`)
	names := map[string]bool{}
	for _, kind := range []channel.Kind{whatsapp.Kind, twilio.Kind, vonage.Kind, simulator.Kind} {
		if names[kind.Name] || kind.Name == "" || kind.Title == "" || kind.Family == "" || kind.MaxPerSecond <= 0 || len(kind.Steps) == 0 {
			t.Errorf("%+v", kind)
		}
		names[kind.Name] = true
		known := map[string]bool{"webhook_url": true}
		for _, setting := range kind.Settings {
			if known[setting.Key] || setting.Label == "" || setting.Help == "" {
				t.Errorf("%s: setting %+v", kind.Name, setting)
			}
			known[setting.Key] = true
		}
		for _, step := range kind.Steps {
			for _, match := range placeholder.FindAllStringSubmatch(step, -1) {
				if !known[match[1]] {
					t.Errorf("%s: the step %q names %s, which is nothing", kind.Name, step, match[0])
				}
			}
		}
		opened, err := kind.Open(channel.Config{})
		if err != nil {
			t.Errorf("%s: %v", kind.Name, err)
			continue
		}
		if err := opened.Verify(channel.Call{}); err != channel.ErrSignature {
			t.Errorf("%s: a channel without settings lets calls pass: %v", kind.Name, err)
		}
	}
}
