package crm

import (
	"strings"
	"unicode"
)

// Keyword is what a message says that is nothing but an opt-out, or the taking back of
// one (B5).
type Keyword struct {
	Stop     bool   // else the person wants messages again
	Language string // of the word: what a confirmation is written in
	// Standard words are those that networks and providers know themselves.
	Standard bool
}

// KeywordOf reads a whole message as a keyword, in any case, with or without accents,
// spaces and punctuation. "Stop by at 5?" is none.
func KeywordOf(text string) (k Keyword, ok bool) {
	if len(text) > 80 {
		return k, false
	}
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, Fold(text))
	k, ok = keywords[word]
	return k, ok
}

var keywords = keywordsOf(map[string]map[string]string{
	"stop": {
		"en": "unsub optoutall removeme stoppromotions stopmessages stopmarketing",
		"de": "stopp abmelden abbestellen austragen ende keinewerbung",
		"fr": "arret arreter arretez stopper desabonner desabonnement desinscrire desinscription",
		"es": "baja alto parar detener cancelar darsedebaja dardebaja nomas",
		"pt": "pare sair descadastrar descadastro remover pararmensagens",
		"it": "basta ferma fermati fermare disiscrivi disiscrivimi cancellami annullaiscrizione",
		"nl": "stoppen afmelden uitschrijven",
	},
	"start": {
		"en": "optin subscribe resubscribe",
		"de": "anmelden starten",
		"fr": "reabonner sabonner reprendre",
		"es": "alta iniciar reanudar",
		"pt": "voltar cadastrar",
		"it": "iscrivimi riprendi",
		"nl": "aanmelden hervatten",
	},
})

// keywordsOf lays the tables out by word, and adds the standard words.
func keywordsOf(words map[string]map[string]string) map[string]Keyword {
	all := map[string]Keyword{}
	for kind, languages := range words {
		for language, list := range languages {
			for word := range strings.FieldsSeq(list) {
				all[word] = Keyword{Stop: kind == "stop", Language: language}
			}
		}
	}
	for word := range strings.FieldsSeq("stop stopall unsubscribe end quit cancel revoke optout") {
		all[word] = Keyword{Stop: true, Language: "en", Standard: true}
	}
	for word := range strings.FieldsSeq("start unstop") {
		all[word] = Keyword{Language: "en", Standard: true}
	}
	return all
}

// Confirmation is the one message that answers a keyword where the channel asks for one.
func (k Keyword) Confirmation(business string) string {
	texts := confirmations[k.Language]
	if k.Stop {
		return strings.ReplaceAll(texts[0], "{business}", business)
	}
	return strings.ReplaceAll(texts[1], "{business}", business)
}

var confirmations = map[string][2]string{
	"en": {"{business}: you get no more messages from us. Reply START to get them again.", "{business}: you get our messages again. Reply STOP to end them."},
	"de": {"{business}: Sie erhalten keine Nachrichten mehr von uns. Antworten Sie START, um sie wieder zu erhalten.", "{business}: Sie erhalten unsere Nachrichten wieder. Antworten Sie STOP, um sie zu beenden."},
	"fr": {"{business} : vous ne recevrez plus nos messages. Répondez START pour les recevoir à nouveau.", "{business} : vous recevez à nouveau nos messages. Répondez STOP pour les arrêter."},
	"es": {"{business}: no recibirá más mensajes nuestros. Responda START para volver a recibirlos.", "{business}: vuelve a recibir nuestros mensajes. Responda STOP para dejar de recibirlos."},
	"pt": {"{business}: não receberá mais as nossas mensagens. Responda START para voltar a receber.", "{business}: volta a receber as nossas mensagens. Responda STOP para deixar de receber."},
	"it": {"{business}: non riceverà più nostri messaggi. Risponda START per riceverli di nuovo.", "{business}: riceve di nuovo i nostri messaggi. Risponda STOP per non riceverne più."},
	"nl": {"{business}: u krijgt geen berichten meer van ons. Antwoord START om ze weer te krijgen.", "{business}: u krijgt onze berichten weer. Antwoord STOP om ze te beëindigen."},
}
