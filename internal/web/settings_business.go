package web

import (
	"net/http"

	"parley/internal/crm"
)

// settings handles GET /settings.
func (s *Server) settings(w http.ResponseWriter, r *http.Request) error {
	return seeOther(w, r, "/settings/business")
}

// businessPage handles GET /settings/business.
func (s *Server) businessPage(w http.ResponseWriter, r *http.Request) error {
	b, err := s.Team.Business(r.Context(), actor(r))
	if err != nil {
		return err
	}
	form := Form{Values: map[string]string{"name": b.Name, "country": b.Country, "time_zone": b.TimeZone}}
	return s.showBusiness(w, r, http.StatusOK, form)
}

func (s *Server) showBusiness(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	settings, err := s.settingsShell(r, "settings", "business", "Business")
	if err != nil {
		return err
	}
	b, err := s.Team.Business(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return s.show(w, r, status, BusinessPage{settings, form, zones(form.Value("time_zone")), b.Held})
}

// releaseBusiness handles POST /settings/business/release: a restored copy sends again.
func (s *Server) releaseBusiness(w http.ResponseWriter, r *http.Request) error {
	if err := s.Team.Release(r.Context(), actor(r)); err != nil {
		return err
	}
	return seeOther(w, r, "/settings/business?said=saved")
}

// saveBusiness handles POST /settings/business: name, country, time_zone.
func (s *Server) saveBusiness(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "name", "country", "time_zone")
	b, err := s.Team.Business(r.Context(), actor(r))
	if err != nil {
		return err
	}
	b.Name, b.Country, b.TimeZone = form.Value("name"), form.Value("country"), form.Value("time_zone")
	_, err = s.Team.ChangeBusiness(r.Context(), actor(r), b)
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(err)
		return s.showBusiness(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/business?said=saved")
}
