// Command vendorfetch brings the browser's files that are not ours from npm into
// static/vendor and verifies them against its manifest.
//
//	go run ./internal/web/vendorfetch            fetch, verify, write
//	go run ./internal/web/vendorfetch -update    the same, and write new checksums down
//	go run ./internal/web/vendorfetch -from DIR  take the tarballs from a folder instead of npm
//
// It uses the npm client only to fetch tarballs (npm pack): nothing of them is run. That
// what lies in static/vendor is what the manifest says is checked by a test of package web.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

type manifest struct {
	Packages []*pack `json:"packages"`
}

type pack struct {
	Name    string  `json:"name"`
	Version string  `json:"version"`
	Licence string  `json:"licence"`
	Tarball string  `json:"tarball_sha256"`
	Files   []*file `json:"files"`
	Sprite  *sprite `json:"sprite,omitempty"`
}

type file struct {
	From   string `json:"from"`
	To     string `json:"to"`
	SHA256 string `json:"sha256"`
}

// sprite is one SVG file made of the icons that are used.
type sprite struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	SHA256 string   `json:"sha256"`
	Icons  []string `json:"icons"`
}

func main() {
	dir := flag.String("dir", "internal/web/static/vendor", "where manifest.json is and the files go")
	from := flag.String("from", "", "a folder with the tarballs; npm is asked when it is empty")
	update := flag.Bool("update", false, "write the checksums found into the manifest instead of comparing")
	flag.Parse()
	if err := run(*dir, *from, *update); err != nil {
		fmt.Fprintln(os.Stderr, "vendorfetch:", err)
		os.Exit(1)
	}
}

func run(dir, from string, update bool) error {
	path := filepath.Join(dir, "manifest.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if from == "" {
		if from, err = os.MkdirTemp("", "vendorfetch"); err != nil {
			return err
		}
		defer os.RemoveAll(from)
		for _, p := range m.Packages {
			if err := npmPack(from, p); err != nil {
				return err
			}
		}
	}
	for _, p := range m.Packages {
		if err := p.unpack(dir, from, update); err != nil {
			return fmt.Errorf("%s %s: %w", p.Name, p.Version, err)
		}
	}
	if !update {
		return nil
	}
	data, err = json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "VENDOR.md"), m.page(), 0o644)
}

func npmPack(into string, p *pack) error {
	cmd := exec.Command("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", into, p.Name+"@"+p.Version)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npm pack %s@%s: %w", p.Name, p.Version, err)
	}
	return nil
}

// unpack verifies one tarball and writes what is wanted of it into dir.
func (p *pack) unpack(dir, from string, update bool) error {
	data, err := os.ReadFile(filepath.Join(from, p.Name+"-"+p.Version+".tgz"))
	if err != nil {
		return err
	}
	if err := settle(&p.Tarball, data, update); err != nil {
		return err
	}
	files, err := read(data)
	if err != nil {
		return err
	}
	for _, f := range p.Files {
		data, ok := files["package/"+f.From]
		if !ok {
			return fmt.Errorf("there is no %s in it", f.From)
		}
		if err := write(filepath.Join(dir, f.To), data, &f.SHA256, update); err != nil {
			return err
		}
	}
	if p.Sprite == nil {
		return nil
	}
	data, err = p.Sprite.build(p, files)
	if err != nil {
		return err
	}
	return write(filepath.Join(dir, p.Sprite.To), data, &p.Sprite.SHA256, update)
}

var (
	svgBody = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)
	spaces  = regexp.MustCompile(`\s+`)
)

// build makes one file of symbols, each with the name of its icon as id.
func (s *sprite) build(p *pack, files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- %s %s, %s licence: lucide.LICENSE -->\n", p.Name, p.Version, p.Licence)
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">` + "\n")
	for _, name := range s.Icons {
		m := svgBody.FindSubmatch(files["package/"+s.From+"/"+name+".svg"])
		if m == nil {
			return nil, fmt.Errorf("there is no icon %q in it", name)
		}
		body := strings.TrimSpace(spaces.ReplaceAllString(string(m[1]), " "))
		fmt.Fprintf(&b, "<symbol id=%q viewBox=\"0 0 24 24\">%s</symbol>\n", name, strings.ReplaceAll(body, "> <", "><"))
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

func write(path string, data []byte, sum *string, update bool) error {
	if err := settle(sum, data, update); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return os.WriteFile(path, data, 0o644)
}

// settle compares a checksum with the one written down, or writes it down.
func settle(sum *string, data []byte, update bool) error {
	h := sha256.Sum256(data)
	got := hex.EncodeToString(h[:])
	if update {
		*sum = got
	}
	if got != *sum {
		return fmt.Errorf("the SHA-256 is %s, the manifest says %s", got, *sum)
	}
	return nil
}

func read(tgz []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(tgz))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

// page is the manifest for people.
func (m *manifest) page() []byte {
	var b bytes.Buffer
	b.WriteString("# Files that are not ours\n\nWritten by `go run ./internal/web/vendorfetch -update` from `manifest.json`; do not edit.\n\n")
	b.WriteString("| package | version | licence | file | SHA-256 |\n|---|---|---|---|---|\n")
	for _, p := range m.Packages {
		for _, f := range p.Files {
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` | `%s` |\n", p.Name, p.Version, p.Licence, f.To, f.SHA256)
		}
		if p.Sprite != nil {
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` (%d icons) | `%s` |\n", p.Name, p.Version, p.Licence, p.Sprite.To, len(p.Sprite.Icons), p.Sprite.SHA256)
		}
	}
	return b.Bytes()
}
