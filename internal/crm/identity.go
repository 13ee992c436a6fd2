package crm

// IdentityKind says by what somebody is known.
type IdentityKind string

// The kinds of identity.
const (
	PhoneIdentity    IdentityKind = "phone"
	EmailIdentity    IdentityKind = "email"
	WhatsAppIdentity IdentityKind = "whatsapp" // a business-scoped user id (I5)
)

// Identity is a phone number, an e-mail address or a WhatsApp user id by which exactly
// one contact or user of a business is known (I1).
type Identity struct {
	Kind IdentityKind `json:"kind"`
	// Value is the form that is compared: E.164, the folded e-mail, the user id as sent.
	Value string `json:"value"`
	// Scope is the portfolio within which a WhatsApp user id means something (I5);
	// empty for phones and e-mails.
	Scope   string `json:"-"`
	Primary bool   `json:"primary"`
	Label   string `json:"label"`
	// Entered is the text as a person or a file gave it (I2, I4).
	Entered string `json:"-"`
}

// Key identifies an identity within a business.
func (i Identity) Key() IdentityKey { return IdentityKey{i.Kind, i.Scope, i.Value} }

// IdentityKey is what rule I1 makes unique within a business.
type IdentityKey struct {
	Kind  IdentityKind
	Scope string
	Value string
}

// Shown is the identity as people should read it.
func (i Identity) Shown() string {
	if i.Kind == EmailIdentity && i.Entered != "" {
		return i.Entered
	}
	return i.Value
}

// Owner is who holds an identity: a contact or a user.
type Owner struct {
	ContactID ID
	UserID    ID
}

// SameIdentity reports whether a text, as a person of country types it, is the identity
// of a kind whose compared or shown form is value.
func SameIdentity(kind IdentityKind, text, value, country string, demo bool) bool {
	if kind == EmailIdentity {
		a, _, errA := ParseEmail(text)
		b, _, errB := ParseEmail(value)
		return errA == nil && errB == nil && a == b
	}
	phone, err := ParsePhone(text, country, demo)
	return err == nil && phone.E164 == value
}
