package crm

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Parse reads a value of the field: a typed one as JSON brings it, or a text as it stands
// in a form or in a cell of a file. An empty text is no value: nil. The error is of kind
// Invalid and says what would be right. Nothing is guessed: "1,234" may be either of two
// numbers and is refused.
func (f CustomField) Parse(v any) (any, *Error) {
	text, isText := v.(string)
	if isText && strings.TrimSpace(text) == "" {
		return nil, nil
	}
	switch f.Kind {
	case CustomText:
		if !isText {
			return nil, Errorf(Invalid, "wrong_type", "%s must be text.", f.Label)
		}
		clean, err := cleanText(text, maxCustomText, true)
		if err != nil {
			return nil, Errorf(Invalid, err.code, "%s", err.detail)
		}
		return clean, nil
	case CustomNumber:
		switch v := v.(type) {
		case json.Number:
			text = v.String()
		case float64, int, int64:
			text = fmt.Sprint(v)
		case string:
		default:
			return nil, Errorf(Invalid, "wrong_type", "%s must be a number.", f.Label)
		}
		return f.parseNumber(strings.TrimSpace(text))
	case CustomDate:
		return f.parseDate(strings.TrimSpace(text))
	case CustomBoolean:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return f.parseBoolean(strings.TrimSpace(text))
	case CustomChoice:
		option, ok := f.Option(strings.TrimSpace(text))
		if !isText || !ok {
			return nil, Errorf(Invalid, "unknown_option", "%s must be one of %s.", f.Label, f.optionList())
		}
		return option.Value, nil
	}
	return nil, Errorf(Invalid, "unknown_kind", "%s has a kind that is not known.", f.Label)
}

func (f CustomField) optionList() string {
	var labels []string
	for _, o := range f.Options {
		if !o.Retired {
			labels = append(labels, o.Label)
		}
	}
	return strings.Join(labels, ", ")
}

var (
	plainNumber = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$`)
	// Thousands parted by commas and a point, or the other way round, and a comma that can
	// only be a decimal one.
	commaThousands = regexp.MustCompile(`^[+-]?\d{1,3}(,\d{3})+\.\d+$|^[+-]?\d{1,3}(,\d{3}){2,}$`)
	pointThousands = regexp.MustCompile(`^[+-]?\d{1,3}(\.\d{3})+,\d+$|^[+-]?\d{1,3}(\.\d{3}){2,}$`)
	decimalComma   = regexp.MustCompile(`^[+-]?\d+,(\d{1,2}|\d{4,})$`)
)

// maxDigits is how many digits a number may have on each side of the point.
const maxDigits = 30

func (f CustomField) parseNumber(text string) (any, *Error) {
	bare := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "").Replace(text)
	switch {
	case plainNumber.MatchString(bare):
	case commaThousands.MatchString(bare):
		bare = strings.ReplaceAll(bare, ",", "")
	case pointThousands.MatchString(bare):
		bare = strings.Replace(strings.ReplaceAll(bare, ".", ""), ",", ".", 1)
	case decimalComma.MatchString(bare):
		bare = strings.Replace(bare, ",", ".", 1)
	default:
		return nil, Errorf(Invalid, "not_a_number", "%s must be a number such as 1234.5.", f.Label)
	}
	number, ok := plainDecimal(bare)
	if !ok {
		return nil, Errorf(Invalid, "out_of_range", "%s has too many digits: at most %d on each side of the point.", f.Label, maxDigits)
	}
	return json.Number(number), nil
}

// plainDecimal writes a number without exponent, plus sign or needless zeros. ok is false
// for one that is too long.
func plainDecimal(text string) (string, bool) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return "", false
	}
	plain := r.FloatString(maxDigits + 1)
	whole, fraction, _ := strings.Cut(plain, ".")
	if len(strings.TrimPrefix(whole, "-")) > maxDigits || !strings.HasSuffix(fraction, "0") {
		return "", false
	}
	fraction = strings.TrimRight(fraction, "0")
	if fraction == "" {
		if whole == "-0" {
			return "0", true
		}
		return whole, true
	}
	return whole + "." + fraction, true
}

var slashed = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})$`)

func (f CustomField) parseDate(text string) (any, *Error) {
	layouts := []string{"2006-01-02", "2006/01/02", "2.1.2006", "2 January 2006", "2 Jan 2006", "20060102"}
	if m := slashed.FindStringSubmatch(text); m != nil {
		// 13/02 can only be a day and a month, 02/13 only the other way round; 02/03 is
		// either.
		switch {
		case len(m[1]) == 2 && m[1] > "12":
			layouts = []string{"2/1/2006"}
		case len(m[2]) == 2 && m[2] > "12":
			layouts = []string{"1/2/2006"}
		default:
			return nil, Errorf(Invalid, "ambiguous_date", "%s: %q can be read in two ways. Write it as 2026-11-24.", f.Label, text)
		}
	}
	for _, layout := range layouts {
		if day, err := time.Parse(layout, text); err == nil {
			return day.Format(time.DateOnly), nil
		}
	}
	return nil, Errorf(Invalid, "not_a_date", "%s must be a date such as 2026-11-24.", f.Label)
}

func (f CustomField) parseBoolean(text string) (any, *Error) {
	switch Fold(text) {
	case "yes", "y", "true", "1":
		return true, nil
	case "no", "n", "false", "0":
		return false, nil
	}
	return nil, Errorf(Invalid, "not_yes_or_no", "%s must be yes or no.", f.Label)
}

// Show is a value as people read it and as it stands in a file; Parse reads it back.
func (f CustomField) Show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "Yes"
		}
		return "No"
	case string:
		if o, ok := f.Option(v); ok && f.Kind == CustomChoice {
			return o.Label
		}
		return v
	}
	return fmt.Sprint(v)
}

// Write is a value as it stands in a file that is read back: what Show shows, unless that
// is the value of another option.
func (f CustomField) Write(v any) string {
	shown := f.Show(v)
	if value, isText := v.(string); isText && f.Kind == CustomChoice {
		if o, ok := f.Option(shown); !ok || o.Value != value {
			return value
		}
	}
	return shown
}

// SortKey is the form in which values of custom fields are compared and put in order, byte
// by byte: texts folded, numbers by their size.
func SortKey(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "1"
		}
		return "0"
	case json.Number:
		return decimalKey(v.String())
	}
	key := Fold(fmt.Sprint(v))
	for len(key) > 200 {
		_, size := utf8.DecodeLastRuneInString(key)
		key = key[:len(key)-size]
	}
	return key
}

// decimalKey writes a plain decimal so that the order of the texts is that of the numbers:
// the sign, how many digits stand before the point, the digits. Of negative numbers every
// digit is turned round.
func decimalKey(plain string) string {
	digits, negative := strings.CutPrefix(plain, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "0" {
		whole = ""
	}
	key := fmt.Sprintf("%02d%s%s", len(whole), whole, fraction)
	if !negative {
		return "1" + key
	}
	turned := []byte(key)
	for i, c := range turned {
		turned[i] = '0' + '9' - c
	}
	return "0" + string(turned) + "~"
}
