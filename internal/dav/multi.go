package dav

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"parley/internal/crm"
)

const (
	davSpace  = "DAV:"
	cardSpace = "urn:ietf:params:xml:ns:carddav"
	csSpace   = "http://calendarserver.org/ns/"
)

// The properties that are known.
var (
	resourceType     = xml.Name{Space: davSpace, Local: "resourcetype"}
	displayName      = xml.Name{Space: davSpace, Local: "displayname"}
	currentUser      = xml.Name{Space: davSpace, Local: "current-user-principal"}
	principalURL     = xml.Name{Space: davSpace, Local: "principal-URL"}
	principals       = xml.Name{Space: davSpace, Local: "principal-collection-set"}
	owner            = xml.Name{Space: davSpace, Local: "owner"}
	privilegeSet     = xml.Name{Space: davSpace, Local: "current-user-privilege-set"}
	reportSet        = xml.Name{Space: davSpace, Local: "supported-report-set"}
	etag             = xml.Name{Space: davSpace, Local: "getetag"}
	contentType      = xml.Name{Space: davSpace, Local: "getcontenttype"}
	lastModified     = xml.Name{Space: davSpace, Local: "getlastmodified"}
	ctag             = xml.Name{Space: csSpace, Local: "getctag"}
	homeSet          = xml.Name{Space: cardSpace, Local: "addressbook-home-set"}
	principalAddress = xml.Name{Space: cardSpace, Local: "principal-address"}
	description      = xml.Name{Space: cardSpace, Local: "addressbook-description"}
	addressData      = xml.Name{Space: cardSpace, Local: "address-data"}
	supportedData    = xml.Name{Space: cardSpace, Local: "supported-address-data"}
	maxSize          = xml.Name{Space: cardSpace, Local: "max-resource-size"}
	collations       = xml.Name{Space: cardSpace, Local: "supported-collation-set"}
)

// props are the properties of a resource, with what stands in each, as XML.
type props map[xml.Name]string

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}

func href(path string) string { return "<D:href>" + escaped(path) + "</D:href>" }

// asking is which properties somebody wants.
type asking struct {
	names []xml.Name
	all   bool // all there are, beside names
	only  bool // the names of all, without what stands in them
}

// propList reads the elements below a prop as names, with the attributes of address-data.
type propList struct {
	Inner []struct {
		XMLName xml.Name
		Version string `xml:"version,attr"`
	} `xml:",any"`
}

func (p propList) names() (list []xml.Name) {
	for _, one := range p.Inner {
		list = append(list, one.XMLName)
	}
	return list
}

// version is the version of vCard that is asked for.
func (p propList) version() string {
	for _, one := range p.Inner {
		if one.XMLName == addressData {
			return one.Version
		}
	}
	return ""
}

// errBadXML is said of a body that is no XML, or not what belongs here.
func errBadXML(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return crm.Errorf(crm.Invalid, "bad_xml", "The request cannot be read: %s.", err)
}

// readFind reads a PROPFIND. Nothing asks for everything.
func readFind(r *http.Request) (asking, error) {
	var body struct {
		XMLName  xml.Name  `xml:"DAV: propfind"`
		AllProp  *struct{} `xml:"DAV: allprop"`
		PropName *struct{} `xml:"DAV: propname"`
		Include  propList  `xml:"DAV: include"`
		Prop     propList  `xml:"DAV: prop"`
	}
	err := xml.NewDecoder(r.Body).Decode(&body)
	if errors.Is(err, io.EOF) {
		return asking{all: true}, nil
	}
	if err != nil {
		return asking{}, errBadXML(err)
	}
	return asking{names: slices.Concat(body.Prop.names(), body.Include.names()), all: body.AllProp != nil, only: body.PropName != nil}, nil
}

// keepProps handles PROPPATCH: what a client would have us remember, such as the card of
// its owner, is not kept, and it is told so property by property (RFC 4918, 9.2).
func (s *Server) keepProps(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	var body struct {
		XMLName xml.Name `xml:"DAV: propertyupdate"`
		Set     []struct {
			Prop propList `xml:"DAV: prop"`
		} `xml:"DAV: set"`
		Remove []struct {
			Prop propList `xml:"DAV: prop"`
		} `xml:"DAV: remove"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&body); err != nil {
		return errBadXML(err)
	}
	m := newMulti(w)
	m.begin()
	_, _ = m.out.WriteString("<D:response>" + href(r.URL.EscapedPath()) + "<D:propstat><D:prop>")
	for _, part := range append(body.Set, body.Remove...) {
		for _, name := range part.Prop.names() {
			m.element(name, "")
		}
	}
	_, _ = m.out.WriteString("</D:prop><D:status>HTTP/1.1 403 Forbidden</D:status><D:error><D:cannot-modify-protected-property/></D:error></D:propstat></D:response>")
	return m.end()
}

// multi writes a multistatus, one resource after another.
type multi struct {
	w     http.ResponseWriter
	out   *bufio.Writer
	begun bool
}

func newMulti(w http.ResponseWriter) *multi {
	return &multi{w: w, out: bufio.NewWriterSize(w, 16<<10)}
}

func (m *multi) begin() {
	if m.begun {
		return
	}
	m.begun = true
	m.w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	m.w.WriteHeader(http.StatusMultiStatus)
	_, _ = m.out.WriteString(xml.Header + `<D:multistatus xmlns:D="DAV:" xmlns:C="` + cardSpace + `" xmlns:CS="` + csSpace + `">`) // an error stays in out
}

// prefixes are those of the spaces that begin declares.
var prefixes = map[string]string{davSpace: "D:", cardSpace: "C:", csSpace: "CS:"}

func (m *multi) element(name xml.Name, inner string) {
	tag, declared := prefixes[name.Space]+name.Local, ""
	if prefixes[name.Space] == "" && name.Space != "" {
		tag, declared = "X:"+name.Local, ` xmlns:X="`+escaped(name.Space)+`"`
	}
	if inner == "" {
		_, _ = m.out.WriteString("<" + tag + declared + "/>")
		return
	}
	_, _ = m.out.WriteString("<" + tag + declared + ">" + inner + "</" + tag + ">")
}

// write writes one resource: what is asked of it and there, and what is not there.
func (m *multi) write(path string, asked asking, p props) {
	m.begin()
	_, _ = m.out.WriteString("<D:response>" + href(path))
	var found, missing []xml.Name
	for _, name := range asked.names {
		if _, ok := p[name]; ok {
			found = append(found, name)
		} else {
			missing = append(missing, name)
		}
	}
	if asked.all || asked.only {
		for name := range p {
			if !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		slices.SortFunc(found, func(a, b xml.Name) int { return strings.Compare(a.Space+a.Local, b.Space+b.Local) })
	}
	if len(found) > 0 || len(missing) == 0 {
		_, _ = m.out.WriteString("<D:propstat><D:prop>")
		for _, name := range found {
			inner := p[name]
			if asked.only {
				inner = ""
			}
			m.element(name, inner)
		}
		_, _ = m.out.WriteString("</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>")
	}
	if len(missing) > 0 {
		_, _ = m.out.WriteString("<D:propstat><D:prop>")
		for _, name := range missing {
			m.element(name, "")
		}
		_, _ = m.out.WriteString("</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>")
	}
	_, _ = m.out.WriteString("</D:response>")
}

// missing says of a resource that it is not there.
func (m *multi) missing(path string) {
	m.begin()
	_, _ = m.out.WriteString("<D:response>" + href(path) + "<D:status>HTTP/1.1 404 Not Found</D:status></D:response>")
}

func (m *multi) end() error {
	m.begin()
	_, _ = m.out.WriteString("</D:multistatus>")
	return m.out.Flush()
}

// broken is an error in the middle of an answer: nobody may take that for the whole.
func (m *multi) broken(err error) error {
	if m.begun {
		panic(http.ErrAbortHandler)
	}
	return err
}
