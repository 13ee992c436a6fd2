package seed

// Names of several countries, so that lists, search and sorting meet accents, particles
// and other scripts.
var people = []struct {
	country string
	first   []string
	last    []string
}{
	{"GB", []string{"Priya", "Oliver", "Amelia", "George", "Isla", "Harry", "Niamh", "Callum", "Grace", "Rhys", "Poppy", "Ewan"},
		[]string{"Shah", "Baker", "Evans", "O'Brien", "Hughes", "Fletcher", "Quinn", "Ward", "Okafor", "Sinclair", "Pryce", "Thornton"}},
	{"DE", []string{"Jürgen", "Annika", "Lukas", "Käthe", "Felix", "Mareike", "Günther", "Lena", "Sören", "Friederike"},
		[]string{"Müller", "Schäfer", "von der Heide", "Großmann", "Krüger", "Lehmann", "Weiß", "Bäcker", "Vogel", "Jäger"}},
	{"FR", []string{"Élodie", "Théo", "Léa", "Gaël", "Chloé", "Benoît", "Zoé", "Noël", "Amélie", "Rémi"},
		[]string{"Lefèvre", "Moreau", "de la Tour", "Garnier", "Bérard", "Petit", "Hébert", "Rousseau", "Côté", "Marchand"}},
	{"ES", []string{"Mateo", "Lucía", "Álvaro", "Sofía", "Íñigo", "Begoña", "Hugo", "Marta", "Raúl", "Inés"},
		[]string{"García", "Fernández", "Núñez", "de la Fuente", "Ortega", "Ibáñez", "Duarte", "Muñoz", "Vidal", "Peña"}},
	{"NL", []string{"Sanne", "Daan", "Fleur", "Bram", "Lieke", "Jasper", "Femke", "Thijs"},
		[]string{"de Vries", "van der Berg", "Jansen", "Bakker", "van Dijk", "Visser", "ter Horst", "Mulder"}},
	{"BR", []string{"João", "Conceição", "Thiago", "Luíza", "Caio", "Beatriz", "Vinícius", "Antônia"},
		[]string{"da Silva", "Araújo", "dos Santos", "Gonçalves", "Carvalho", "Ribeiro", "Magalhães", "Lima"}},
	{"PL", []string{"Łukasz", "Małgorzata", "Paweł", "Zofia", "Jędrzej", "Agnieszka"},
		[]string{"Nowak", "Wójcik", "Kamiński", "Dąbrowska", "Źródło", "Szczęsny"}},
	{"IN", []string{"Farid", "Aditi", "Rohan", "Meera", "Omar", "Kavya", "Arjun", "Leila"},
		[]string{"Khan", "Patel", "Iyer", "Banerjee", "Singh", "Fernandes", "Rao", "Chowdhury"}},
	{"JP", []string{"Hiro", "Yuki", "さくら", "健太", "Emi", "大輔"},
		[]string{"Ito", "Tanaka", "山田", "鈴木", "Kobayashi", "高橋"}},
	{"GR", []string{"Γιώργος", "Ελένη", "Νίκος", "Μαρία"},
		[]string{"Παπαδόπουλος", "Οικονόμου", "Nikolaidis", "Γεωργίου"}},
	{"IL", []string{"נועה", "Yael", "דוד", "Ari"},
		[]string{"כהן", "Levi", "מזרחי", "Peretz"}},
}

// plans are numbering plans to make up mobile numbers of: calling code, the digits after
// it, and how many more there are.
var plans = map[string]struct {
	prefix string
	digits int
}{
	"GB": {"+4477", 8}, "DE": {"+49151", 8}, "FR": {"+336", 8}, "ES": {"+346", 8}, "NL": {"+316", 8}, "BR": {"+55119", 8},
	"PL": {"+4850", 7}, "IN": {"+9198", 8}, "JP": {"+8190", 8}, "GR": {"+3069", 8}, "IL": {"+97250", 7},
}

var firms = []string{"Northside Dental", "Fischer Elektrik", "Harbour Café", "Khan & Sons", "Blütenhaus", "Atelier Lumière", "Taller Núñez",
	"Green Valley Farm", "Otter Plumbing", "Studio Nord", "Padaria Central", "Rosas Flowers", "Kite & Co", "Little Fox Nursery", "Weaver Legal"}

var cities = []string{"Leeds", "Köln", "Lyon", "Sevilla", "Utrecht", "São Paulo", "Kraków", "Pune", "Kyoto", "Patras", "Haifa"}

var tagNames = []struct{ name, colour string }{
	{"VIP", "violet"}, {"Trade", "blue"}, {"Lead", "green"}, {"Late payer", "amber"}, {"Newsletter", "teal"}, {"Complaint", "red"}, {"Wholesale", "pink"}, {"Past customer", "grey"},
}

// talks are what people write first, and what they are answered.
var talks = [][2]string{
	{"Hello, are you open on Saturday?", "Yes, from nine to one. See you then!"},
	{"Hi! Could you send me the price list please?", "Of course. Roses are £3.50, tulips £2 a stem, bouquets from £25."},
	{"Good morning, my order has not arrived yet.", "I am sorry about that. Let me look where it is."},
	{"Do you have an appointment free next week?", "Tuesday at ten would be free. Shall I book it?"},
	{"Thanks, that worked perfectly!", "Great to hear, thank you!"},
	{"Guten Tag, haben Sie den Artikel wieder auf Lager?", "Ab Donnerstag wieder. Soll ich Ihnen einen zurücklegen?"},
	{"Bonjour, je voudrais modifier ma commande.", "Bien sûr. Que souhaitez-vous changer ?"},
	{"Hola, ¿a qué hora cierran hoy?", "A las ocho. ¡Le esperamos!"},
	{"Can I pay by card on delivery?", "Yes, the driver takes all cards."},
	{"Could somebody come and look at the arrangement today?", "Dan will be with you at four."},
	{"Oi, tudo bem? Queria fazer um orçamento.", "Claro! Para quantas pessoas seria?"},
	{"What size would you recommend?", "The medium one suits a table for six."},
}
