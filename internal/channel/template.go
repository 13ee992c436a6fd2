package channel

import (
	"context"
	"reflect"

	"parley/internal/crm"
)

// TemplateKeeper is a Channel whose provider approves templates. Its errors are
// *SendErrors.
type TemplateKeeper interface {
	// Templates are those of the account. Of a list that is not complete nothing follows
	// about those that are missing.
	Templates(context.Context) (list []crm.Template, complete bool, err error)
	// UploadExample hands over a file that shows what the header of a template will be, and
	// returns the handle by which SubmitTemplate and EditTemplate name it. Nobody sees a file
	// that no template names, so it may be done twice.
	UploadExample(context.Context, crm.OutboundFile) (handle string, err error)
	// KeepExample returns such a handle for the file that the provider already has as the
	// example of a template.
	KeepExample(context.Context, crm.Template) (handle string, err error)
	// SubmitTemplate asks for approval and returns the template with what the provider
	// said: its id, status and category. The example is the handle for a header with a file,
	// else empty.
	SubmitTemplate(ctx context.Context, t crm.Template, example string) (crm.Template, error)
	// EditTemplate asks for approval of other parts of a template that the provider has, and
	// returns it as the provider has it then.
	EditTemplate(ctx context.Context, t crm.Template, example string) (crm.Template, error)
	// DeleteTemplate removes one for good. One that is gone already is no error.
	DeleteTemplate(context.Context, crm.Template) error
}

// Clean mends every text below v: what no database takes, broken UTF-8 and NUL characters,
// is left out.
func Clean[T any](v *T) { clean(reflect.ValueOf(v).Elem()) }
