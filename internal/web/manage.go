package web

import (
	"net/http"
	"net/url"

	"parley/internal/crm"
	"parley/internal/store"
)

// atOnce is how many conversations are handed out with one click.
const atOnce = 200

// managePage handles GET /inbox/manage?view=&q=&after=. Admins only.
func (s *Server) managePage(w http.ResponseWriter, r *http.Request) error {
	return s.showManage(w, r, http.StatusOK, ManagePage{View: manageView(r.URL.Query().Get("view")), Query: r.URL.Query().Get("q")})
}

// manageView reads a view: the unassigned ones unless all are asked for.
func manageView(text string) ListView {
	if ListView(text) == ViewOpen {
		return ViewOpen
	}
	return ViewUnassigned
}

func (s *Server) showManage(w http.ResponseWriter, r *http.Request, status int, page ManagePage) error {
	live, err := s.liveFrom(r)
	if err != nil {
		return err
	}
	filter := store.ConversationFilter{View: store.View(page.View), Query: page.Query}
	var after *store.ConversationPlace
	if at, id, ok := parsePlace(r.URL.Query().Get("after")); ok {
		after = &store.ConversationPlace{LastMessageAt: at, ID: id}
	}
	list, err := s.Inbox.List(r.Context(), actor(r), filter, after, rowsAtOnce)
	if err != nil {
		return err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	page.Cut = Cut(list.Cut)
	for _, row := range list.Rows {
		page.Rows = append(page.Rows, conversationRowView(clock, row, filter, ""))
	}
	if list.Next != nil {
		page.Next = "/inbox/manage?" + url.Values{"view": {string(page.View)}, "q": {page.Query}, "after": {placeText(list.Next.LastMessageAt, list.Next.ID)}}.Encode()
	}
	if isFragment(r) {
		return s.show(w, r, status, page.ManageRows)
	}
	users, err := s.Team.Users(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page.Users = active(users)
	if page.Shell, err = s.shell(r, "inbox", "Manage conversations"); err != nil {
		return err
	}
	page.Live = live
	return s.show(w, r, status, page)
}

// handOut handles POST /inbox/manage: user_id, and ids or one. Those that are unassigned
// are handed out only while they are.
func (s *Server) handOut(w http.ResponseWriter, r *http.Request) error {
	page := ManagePage{View: manageView(r.PostFormValue("view")), Query: r.PostFormValue("q"), To: crm.ID(r.PostFormValue("user_id"))}
	ids := splitIDs(joinIDs(asIDs(r.PostForm["ids"])))
	if one := r.PostFormValue("one"); one != "" {
		ids = []crm.ID{crm.ID(one)}
	}
	users, err := s.Team.Users(r.Context(), actor(r))
	if err != nil {
		return err
	}
	to := names(active(users))[page.To]
	switch {
	case len(ids) == 0:
		page.Error = "Select the conversations first."
	case len(ids) > atOnce:
		page.Error = "At most 200 at once."
	case to == "":
		page.Error = "Choose who gets them."
	}
	if page.Error != "" {
		return s.showManage(w, r, http.StatusUnprocessableEntity, page)
	}
	list, err := s.Inbox.HandOut(r.Context(), actor(r), ids, page.To, page.View == ViewUnassigned)
	if err != nil {
		return err
	}
	page.Report = &HandOutReport{To: to}
	for _, h := range list {
		if h.Refusal == nil {
			page.Report.Done++
			continue
		}
		page.Report.Left = append(page.Report.Left, NotHandedOut{h.ID, firstText(h.Name, "A conversation"), h.Refusal.Detail})
	}
	return s.showManage(w, r, http.StatusOK, page)
}

func asIDs(texts []string) []crm.ID {
	ids := make([]crm.ID, len(texts))
	for i, t := range texts {
		ids[i] = crm.ID(t)
	}
	return ids
}
