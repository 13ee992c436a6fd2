package web

import (
	"parley/internal/app/imports"
	"parley/internal/crm"
)

// Access says who may call a route.
type Access string

// Who may call a route. Agent is every user; admins can do what agents can.
const (
	Anyone   Access = "anyone"
	SignedIn Access = "signed-in"
	Agent    Access = "agent"
	Admin    Access = "admin"
)

// Route is one address of the pages, as `parley routes` lists it.
type Route struct {
	Method  string `json:"method"`
	Pattern string `json:"pattern"`
	Access  Access `json:"access"`
	handle  handler
}

// name is how the mux and the tables below know a route.
func (r Route) name() string { return r.Method + " " + r.Pattern }

// bodies are the routes by which more than a form comes, and how much more.
var bodies = map[string]func(*Server) int64{
	post + " " + importsPath:           func(s *Server) int64 { return s.Imports.Limit() },
	post + " /inbox/{id}/files":        func(*Server) int64 { return crm.MaxFile },
	post + " /settings/template-files": func(*Server) int64 { return crm.MaxFile },
}

// programs are the routes that serve a program with a token as well.
var programs = map[string]bool{get + " /oauth/callback/{provider}": true}

// Routes are all addresses of the pages but /static/, which anyone may read.
func Routes() []Route {
	return append([]Route{{Method: get, Pattern: "/static/", Access: Anyone}}, routes...)
}

const (
	get  = "GET"
	post = "POST"
)

var routes = []Route{
	{get, "/{$}", Anyone, (*Server).home},
	{get, "/set-up", Anyone, (*Server).setUpPage},
	{post, "/set-up", Anyone, (*Server).setUp},
	{get, "/sign-in", Anyone, (*Server).signInPage},
	{post, "/sign-in", Anyone, (*Server).signIn},
	{post, "/sign-out", SignedIn, (*Server).signOut},
	{get, "/invitations/{token}", Anyone, (*Server).passwordPage},
	{post, "/invitations/{token}", Anyone, (*Server).setPassword},
	{get, "/reset/{token}", Anyone, (*Server).passwordPage},
	{post, "/reset/{token}", Anyone, (*Server).setPassword},

	{get, "/inbox", Agent, (*Server).inboxPage},
	{get, "/inbox/list", Agent, (*Server).conversationRows},
	{get, "/inbox/counts", Agent, (*Server).inboxCounts},
	{get, "/inbox/manage", Admin, (*Server).managePage},
	{post, "/inbox/manage", Admin, (*Server).handOut},
	{get, "/inbox/{id}", Agent, (*Server).conversation},
	{get, "/inbox/{id}/row", Agent, (*Server).conversationRow},
	{get, "/inbox/{id}/header", Agent, (*Server).threadHeader},
	{get, "/inbox/{id}/messages", Agent, (*Server).messages},
	{get, "/inbox/{id}/messages/{message}", Agent, (*Server).message},
	{get, "/inbox/{id}/composer", Agent, (*Server).composer},
	{post, "/inbox/{id}/files", Agent, (*Server).attach},
	{post, "/inbox/{id}/files/{file}/delete", Agent, (*Server).detach},
	{post, "/inbox/{id}/messages/{message}/reaction", Agent, (*Server).react},
	{get, "/inbox/{id}/replies", Agent, (*Server).replyChoices},
	{post, "/sms-parts", Agent, (*Server).smsParts},
	{get, "/inbox/{id}/template", Agent, (*Server).templateForm},
	{get, "/inbox/{id}/template/preview", Agent, (*Server).templateFilled},
	{post, "/inbox/{id}/template", Agent, (*Server).sendTemplate},
	{get, "/inbox/{id}/panel", Agent, (*Server).contactPanel},
	{post, "/inbox/{id}/messages", Agent, (*Server).reply},
	{post, "/inbox/{id}/seen", Agent, (*Server).seen},
	{post, "/inbox/{id}/take", Agent, (*Server).take},
	{post, "/inbox/{id}/assign", Agent, (*Server).assign},
	{post, "/inbox/{id}/close", Agent, (*Server).closeConversation},
	{post, "/inbox/{id}/reopen", Agent, (*Server).reopen},
	{get, "/media/{id}", Agent, (*Server).media},
	{get, "/search", Agent, (*Server).search},
	{get, "/tags/{id}", Agent, (*Server).tagChoice},
	{get, "/events", Agent, (*Server).live},

	{get, "/contacts", Agent, (*Server).contactsPage},
	{get, "/contacts/rows", Agent, (*Server).contactRows},
	{get, "/contacts/new", Agent, (*Server).newContact},
	{post, "/contacts", Agent, (*Server).saveContact},
	{post, "/contacts/columns", Agent, (*Server).saveColumns},
	{get, "/contacts/export", Agent, (*Server).exportPage},
	{get, "/contacts/export/file", Agent, (*Server).exportFile},
	{post, "/contacts/export/file", Agent, (*Server).exportFile},
	{post, "/contacts/chosen", Agent, chosen},
	{get, "/contacts/bulk", Agent, (*Server).askBulk},
	{post, "/contacts/bulk", Agent, (*Server).startBulk},
	{get, "/bulk", Agent, (*Server).bulksPage},
	{get, "/bulk/{id}", Agent, (*Server).bulkPage},
	{get, "/bulk/{id}/progress", Agent, (*Server).bulkProgress},
	{post, "/bulk/{id}/undo", Agent, (*Server).undoBulk},
	{post, "/bulk/{id}/cancel", Agent, (*Server).cancelBulk},
	{post, "/views", Agent, (*Server).saveView},
	{post, "/views/{id}", Agent, (*Server).saveView},
	{post, "/views/{id}/delete", Agent, (*Server).deleteView},
	{get, importsPath, Agent, (*Server).importsPage},
	{post, importsPath, Agent, (*Server).bringImport},
	{get, importsPath + "/mark", Agent, (*Server).importMark},
	{get, importsPath + "/{id}", Agent, (*Server).importPage},
	{post, importsPath + "/{id}", Agent, (*Server).chooseImport},
	{get, importsPath + "/{id}/state", Agent, (*Server).importState},
	{get, importsPath + "/{id}/rows", Agent, (*Server).importRowsPart},
	{get, importsPath + "/{id}/refused.csv", Agent, (*Server).refusedRows},
	{post, importsPath + "/{id}/mend", Agent, (*Server).mendImport},
	{post, importsPath + "/{id}/start", Agent, importAct((*imports.Imports).Start)},
	{post, importsPath + "/{id}/cancel", Agent, importAct((*imports.Imports).Cancel)},
	{post, importsPath + "/{id}/delete", Agent, (*Server).forgetImport},
	{get, importsPath + "/{id}/undo", Admin, (*Server).undoImportPage},
	{post, importsPath + "/{id}/undo", Admin, importAct((*imports.Imports).Undo)},
	{get, "/contacts/{id}", Agent, (*Server).contactPage},
	{post, "/contacts/{id}", Agent, (*Server).saveContact},
	{get, "/contacts/{id}/history", Agent, (*Server).contactHistory},
	{get, "/contacts/duplicates", Agent, (*Server).duplicatesPage},
	{get, "/contacts/duplicates/count", Agent, (*Server).duplicatesLink},
	{post, "/duplicates/{id}/dismiss", Agent, (*Server).dismissDuplicate},
	{get, "/contacts/{id}/merge", Admin, (*Server).mergePage},
	{post, "/contacts/{id}/merge", Admin, (*Server).merge},
	{post, "/merges/{id}/undo", Admin, (*Server).undoMerge},
	{post, "/contacts/{id}/put-back", Agent, (*Server).putBack},
	{post, "/contacts/{id}/restore", Agent, (*Server).restoreContact},
	{post, "/contacts/{id}/archive", Admin, (*Server).archiveContact},
	{post, "/contacts/{id}/add", Agent, (*Server).addToContact},
	{get, "/contacts/{id}/delete", Admin, (*Server).askDelete},
	{get, "/contacts/{id}/export", Admin, (*Server).exportPerson},
	{get, "/contacts/{id}/erase", Admin, (*Server).askErase},
	{post, "/contacts/{id}/erase", Admin, (*Server).eraseContact},
	{post, "/contacts/{id}/delete", Admin, (*Server).deleteContact},
	{post, "/contacts/{id}/use-profile-name", Agent, (*Server).useProfileName},
	{post, "/contacts/{id}/opt-outs", Agent, (*Server).setOptOut},

	{get, broadcastsPath, Admin, (*Server).broadcastsPage},
	{post, broadcastsPath, Admin, (*Server).saveBroadcast},
	{get, broadcastsPath + "/new", Admin, (*Server).newBroadcast},
	{post, broadcastsPath + "/look", Admin, (*Server).lookAtBroadcast},
	{get, broadcastsPath + "/{id}", Admin, (*Server).broadcastPage},
	{post, broadcastsPath + "/{id}", Admin, (*Server).saveBroadcast},
	{get, broadcastsPath + "/{id}/edit", Admin, (*Server).editBroadcast},
	{get, broadcastsPath + "/{id}/progress", Admin, (*Server).broadcastProgress},
	{get, broadcastsPath + "/{id}/rows", Admin, (*Server).broadcastPeople},
	{get, broadcastsPath + "/{id}/people", Admin, (*Server).leftOut},
	{get, broadcastsPath + "/{id}/recipients.csv", Admin, (*Server).exportBroadcast},
	{post, broadcastsPath + "/{id}/start", Admin, broadcastAct("started", startBroadcast)},
	{post, broadcastsPath + "/{id}/pause", Admin, broadcastAct("paused", pauseBroadcast)},
	{post, broadcastsPath + "/{id}/resume", Admin, broadcastAct("resumed", resumeBroadcast)},
	{post, broadcastsPath + "/{id}/cancel", Admin, broadcastAct("cancelled", cancelBroadcast)},
	{post, broadcastsPath + "/{id}/retry", Admin, broadcastAct("retried", retryBroadcast)},
	{post, broadcastsPath + "/{id}/decide", Admin, broadcastAct("decided", decideRecipient)},
	{post, broadcastsPath + "/{id}/test", Admin, (*Server).testBroadcast},
	{post, broadcastsPath + "/{id}/tag", Admin, (*Server).tagBroadcast},
	{post, broadcastsPath + "/{id}/delete", Admin, (*Server).deleteBroadcast},

	{get, "/invoices", Agent, (*Server).invoicesPage},
	{get, "/invoices/rows", Agent, (*Server).moreInvoices},
	{get, "/contacts/{id}/invoices/new", Agent, (*Server).newInvoice},
	{post, "/invoices", Agent, (*Server).saveInvoice},
	{get, "/invoices/{id}", Agent, (*Server).invoicePage},
	{post, "/invoices/{id}", Agent, (*Server).saveInvoice},
	{post, "/invoices/{id}/delete", Admin, (*Server).deleteInvoice},

	{get, "/account", SignedIn, (*Server).profilePage},
	{post, "/account", SignedIn, (*Server).saveProfile},
	{post, "/account/password", SignedIn, (*Server).changePassword},
	{get, "/account/sessions", SignedIn, (*Server).sessionsPage},
	{post, "/account/sessions/{id}/end", SignedIn, (*Server).endSession},
	{post, "/account/sessions/end-others", SignedIn, (*Server).endOtherSessions},
	{get, "/account/tokens", SignedIn, (*Server).tokensPage},
	{post, "/account/tokens", SignedIn, (*Server).makeToken},
	{post, "/account/tokens/{id}/end", SignedIn, (*Server).endToken},

	{get, "/settings", Admin, (*Server).settings},
	{get, "/settings/business", Admin, (*Server).businessPage},
	{post, "/settings/business", Admin, (*Server).saveBusiness},
	{post, "/settings/business/release", Admin, (*Server).releaseBusiness},
	{get, "/settings/users", Admin, (*Server).usersPage},
	{post, "/settings/users", Admin, (*Server).invite},
	{post, "/settings/users/{id}/role", Admin, (*Server).changeRole},
	{post, "/settings/users/{id}/reset", Admin, (*Server).newLink},
	{get, "/settings/users/{id}/deactivate", Admin, (*Server).leavingPage},
	{post, "/settings/users/{id}/deactivate", Admin, (*Server).deactivate},
	{post, "/settings/users/{id}/reactivate", Admin, (*Server).reactivate},
	{get, "/settings/channels", Admin, (*Server).channelsPage},
	{post, "/settings/channels", Admin, (*Server).addChannel},
	{get, "/settings/channels/new", Admin, (*Server).newChannelPage},
	{get, "/settings/channels/{id}", Admin, (*Server).channelPage},
	{post, "/settings/channels/{id}", Admin, (*Server).saveChannel},
	{post, "/settings/channels/{id}/check", Admin, (*Server).checkChannel},
	{get, "/settings/webhooks", Admin, (*Server).hooksPage},
	{post, "/settings/webhooks", Admin, (*Server).makeHook},
	{get, "/settings/webhooks/{id}", Admin, (*Server).hookPage},
	{post, "/settings/webhooks/{id}", Admin, (*Server).changeHook},
	{post, "/settings/webhooks/{id}/test", Admin, (*Server).testHook},
	{post, "/settings/webhooks/{id}/rotate", Admin, (*Server).rotateHook},
	{post, "/settings/webhooks/{id}/replay", Admin, (*Server).replayHook},
	{post, "/settings/webhooks/{id}/delete", Admin, (*Server).deleteHook},
	{get, "/settings/auto-replies", Admin, (*Server).autoReplies},
	{post, "/settings/auto-replies", Admin, (*Server).saveAutoReplies},
	{get, "/settings/replies", Admin, (*Server).savedReplies},
	{post, "/settings/replies", Admin, (*Server).makeSavedReply},
	{post, "/settings/replies/{id}", Admin, (*Server).changeSavedReply},
	{post, "/settings/replies/{id}/delete", Admin, (*Server).deleteSavedReply},
	{get, "/settings/templates", Admin, (*Server).templatesPage},
	{post, "/settings/templates", Admin, (*Server).submitTemplate},
	{get, "/settings/templates/new", Admin, (*Server).newTemplatePage},
	{post, "/settings/templates/preview", Admin, (*Server).previewTemplate},
	{post, "/settings/template-files", Admin, (*Server).bringTemplateFile},
	{get, "/settings/template-files/{id}", Admin, (*Server).templateFile},
	{post, "/settings/templates/sync", Admin, (*Server).syncTemplates},
	{get, "/settings/templates/{id}", Admin, (*Server).templatePage},
	{post, "/settings/templates/{id}", Admin, (*Server).fillTemplate},
	{get, "/settings/templates/{id}/edit", Admin, (*Server).editTemplatePage},
	{post, "/settings/templates/{id}/edit", Admin, (*Server).editTemplate},
	{post, "/settings/templates/{id}/delete", Admin, (*Server).deleteTemplate},
	{get, integrationsPath, Admin, (*Server).integrationsPage},
	{post, integrationsPath, Admin, (*Server).connect},
	{get, integrationsPath + "/new", Admin, (*Server).newIntegrationPage},
	{get, integrationsPath + "/mark", Admin, (*Server).brokenMark},
	{get, integrationsPath + "/{id}", Admin, (*Server).integrationPage},
	{get, integrationsPath + "/{id}/state", Admin, (*Server).integrationState},
	{post, integrationsPath + "/{id}/reconnect", Admin, (*Server).reconnect},
	{post, integrationsPath + "/{id}/choose", Admin, chooseIntegration},
	{get, integrationsPath + "/{id}/preview", Admin, (*Server).integrationPreview},
	{post, integrationsPath + "/{id}/preview", Admin, previewIntegration},
	{post, integrationsPath + "/{id}/sync", Admin, syncIntegration},
	{post, integrationsPath + "/{id}/options", Admin, saveIntegration},
	{post, integrationsPath + "/{id}/push", Admin, pushIntegration},
	{post, integrationsPath + "/{id}/disconnect", Admin, disconnectIntegration},
	{get, integrationsPath + "/{id}/review", Admin, (*Server).syncReviewPage},
	{post, integrationsPath + "/{id}/review", Admin, (*Server).resolveReview},
	{get, integrationsPath + "/{id}/ignored", Admin, (*Server).ignoredPage},
	{post, integrationsPath + "/{id}/ignored", Admin, (*Server).takeUpIgnored},
	{get, integrationsPath + "/{id}/sent", Admin, (*Server).sentPage},
	{post, integrationsPath + "/{id}/sent/{item}", Admin, (*Server).resend},
	{get, "/oauth/callback/{provider}", Admin, (*Server).oauthCallback},
	{get, "/settings/tags", Admin, (*Server).tagsPage},
	{post, "/settings/tags", Admin, (*Server).makeTag},
	{post, "/settings/tags/{id}", Admin, (*Server).changeTag},
	{post, "/settings/tags/{id}/delete", Admin, (*Server).deleteTag},
	{get, "/settings/fields", Admin, (*Server).fieldsPage},
	{post, "/settings/fields", Admin, (*Server).makeField},
	{post, "/settings/fields/{id}", Admin, (*Server).changeField},
	{post, "/settings/fields/{id}/move", Admin, (*Server).moveField},
	{post, "/settings/fields/{id}/delete", Admin, (*Server).deleteField},
	{get, "/settings/tags/{id}/merge", Admin, (*Server).mergeTagPage},
	{post, "/settings/tags/{id}/merge", Admin, (*Server).mergeTag},
	{get, "/settings/imports", Admin, (*Server).importSettings},
	{get, "/settings/audit", Admin, (*Server).auditPage},
	{get, "/settings/audit/export", Admin, (*Server).exportAudit},
	{post, "/settings/audit/check", Admin, (*Server).checkAudit},
	{get, "/settings/unfiled", Admin, (*Server).unfiledPage},
	{post, "/settings/unfiled/{id}/retry", Admin, (*Server).retryUnfiled},

	{get, "/simulator", Agent, (*Server).simulatorPage},
	{get, "/simulator/thread", Agent, (*Server).simulatorThread},
	{post, "/simulator/messages", Agent, (*Server).simulate},
	{post, "/simulator/receipts", Agent, (*Server).simulateReceipts},
}
