package main

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/internal/auth"
	"parley/internal/db"
)

// settings are flags, or environment variables of the same name.
type settings struct {
	Data           string `default:"./parley-data" env:"PARLEY_DATA" placeholder:"FOLDER" help:"Where the database and the secret key lie."`
	Database       string `env:"PARLEY_DATABASE" placeholder:"postgres://…" help:"A PostgreSQL database. Without it, SQLite in the data folder."`
	SecretKeyFile  string `env:"PARLEY_SECRET_KEY_FILE" placeholder:"FILE" help:"The key that seals secrets; made when missing. By default secret.key in the data folder. Nodes that share a database share it, or PARLEY_SECRET_KEY."`
	LogFormat      string `default:"text" env:"PARLEY_LOG_FORMAT" placeholder:"text|json" help:"How to log on standard error."`
	PublicURL      string `name:"public-url" env:"PARLEY_PUBLIC_URL" placeholder:"https://…" help:"The address people and providers use. By default the one it listens on."`
	TrustedProxies string `env:"PARLEY_TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Proxies whose X-Forwarded-For is believed."`
	AllowOutbound  string `env:"PARLEY_ALLOW_OUTBOUND" placeholder:"CIDR,…" help:"Networks beyond public addresses that outgoing calls may reach."`
	MaxImportMB    int    `name:"max-import-mb" default:"200" env:"PARLEY_MAX_IMPORT_MB" placeholder:"MB" help:"The largest file of contacts that is taken."`
	MetricsToken   string `env:"PARLEY_METRICS_TOKEN" placeholder:"TOKEN" help:"Lets Prometheus read /metrics from elsewhere than this machine."`
}

// parsedSettings are settings that were found to make sense.
type parsedSettings struct {
	settings
	throwaway bool // the database is the demo's
	proxies   []netip.Prefix
	outbound  []netip.Prefix
	log       *slog.Logger
}

func (s settings) parse(p program) (parsed parsedSettings, err error) {
	parsed.settings = s
	if parsed.proxies, err = prefixes("trusted-proxies", s.TrustedProxies); err != nil {
		return parsed, err
	}
	if parsed.outbound, err = prefixes("allow-outbound", s.AllowOutbound); err != nil {
		return parsed, err
	}
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
			return parsed, usageError{"public-url", fmt.Sprintf("%q is no address; give one such as https://parley.example.com", s.PublicURL)}
		}
		parsed.PublicURL = strings.TrimRight(s.PublicURL, "/")
	}
	if s.MaxImportMB < 0 || s.MaxImportMB > 10_000 {
		return parsed, usageError{"max-import-mb", "give a number of megabytes from 1 to 10000"}
	}
	if s.Database != "" && !strings.HasPrefix(s.Database, "postgres://") && !strings.HasPrefix(s.Database, "postgresql://") {
		return parsed, usageError{"database", "give an address that begins with postgres://, or leave it out for SQLite"}
	}
	for _, name := range slices.Sorted(maps.Values(baseSettings)) {
		base := os.Getenv(name)
		if u, err := url.Parse(base); base != "" && (err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "") {
			return parsed, usageError{name, fmt.Sprintf("%q is no address; give one such as https://gateway.example.com, or leave it out for the provider's own", base)}
		}
	}
	switch s.LogFormat {
	case "text":
		parsed.log = slog.New(slog.NewTextHandler(p.stderr, nil))
	case "json":
		parsed.log = slog.New(slog.NewJSONHandler(p.stderr, nil))
	default:
		return parsed, usageError{"log-format", fmt.Sprintf("%q is neither text nor json", s.LogFormat)}
	}
	return parsed, nil
}

func prefixes(flag, list string) ([]netip.Prefix, error) {
	var result []netip.Prefix
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		if address, err := netip.ParseAddr(text); err == nil {
			result = append(result, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, usageError{flag, fmt.Sprintf("%q is no network; give CIDRs such as 10.0.0.0/8, parted by commas", text)}
		}
		result = append(result, prefix.Masked())
	}
	return result, nil
}

// config is where the database is; the data folder is made when it is missing.
func (s parsedSettings) config() (db.Config, error) {
	c := db.Config{URL: s.Database, Throwaway: s.throwaway, Log: s.log}
	if s.Database == "" {
		if err := os.MkdirAll(s.Data, 0o700); err != nil {
			return c, usageError{"data", err.Error()}
		}
		c.File = filepath.Join(s.Data, "parley.db")
	}
	return c, nil
}

// sealer is made of PARLEY_SECRET_KEY or of the key file.
func (s parsedSettings) sealer() (*auth.Sealer, error) {
	if text := os.Getenv("PARLEY_SECRET_KEY"); text != "" {
		key, err := auth.ParseKey(text)
		if err != nil {
			return nil, usageError{"PARLEY_SECRET_KEY", err.Error()}
		}
		return auth.NewSealer(key)
	}
	file := s.SecretKeyFile
	if file == "" {
		file = filepath.Join(s.Data, "secret.key")
	}
	key, err := auth.LoadKey(file)
	if err != nil {
		return nil, usageError{"secret-key-file", err.Error()}
	}
	return auth.NewSealer(key)
}

func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return usageError{"listen", fmt.Sprintf("%q is no address; give HOST:PORT such as 127.0.0.1:8080, or port 0 for any", address)}
	}
	return nil
}
