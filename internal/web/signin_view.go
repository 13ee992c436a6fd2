package web

import (
	"slices"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"parley/internal/crm"
)

// SetUpPage is shown at first start, while there is no business.
//
// It posts to /set-up: name, country, time_zone, admin_name, admin_email,
// admin_password.
type SetUpPage struct {
	Alone Alone
	Form  Form
	Zones []Option
}

func (SetUpPage) template() string { return "set-up" }

// Countries are the choices of the drop-down.
func (SetUpPage) Countries() []Option { return countries() }

// SignInPage asks for e-mail and password, and when one e-mail is in several businesses
// for which of them.
//
// It posts to /sign-in: email, password, business_id (only when Businesses is not empty),
// next (where to go then).
type SignInPage struct {
	Alone      Alone
	Form       Form
	Next       string
	Businesses []Option
}

func (SignInPage) template() string { return "sign-in" }

// PasswordPage takes a new password from somebody who came by a link: an invitation or a
// reset (A2). It posts to its own address: password.
type PasswordPage struct {
	Alone      Alone
	Form       Form
	Invitation bool
	Business   string
	Name       string
	Email      string
	Action     string // the address it posts to
}

func (PasswordPage) template() string { return "password" }

// countries are all countries whose numbers can be read, by name.
var countries = sync.OnceValue(func() []Option {
	var list []Option
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if !crm.IsCountry(code) {
				continue
			}
			if region, err := language.ParseRegion(code); err == nil {
				list = append(list, Option{code, display.English.Regions().Name(region)})
			}
		}
	}
	order := collate.New(language.English)
	slices.SortFunc(list, func(x, y Option) int { return order.CompareString(x.Label, y.Label) })
	return list
})
