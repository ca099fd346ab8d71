package demo

// Names for the crowds of the big demos.
var (
	firstNames = []string{
		"Aaliyah", "Adam", "Aisha", "Alice", "Amir", "Anna", "Anton", "Beatriz", "Bruno", "Carla", "Chen", "Clara", "Dario", "Dina",
		"Elias", "Ella", "Emre", "Esther", "Fatima", "Felix", "Freya", "Gabriel", "Greta", "Hana", "Hugo", "Ines", "Ivan", "Jada",
		"Jonas", "Julia", "Kenji", "Laila", "Leo", "Lucia", "Luka", "Maja", "Marco", "Mateo", "Mira", "Nadia", "Nils", "Nora",
		"Olga", "Oscar", "Paula", "Pedro", "Rania", "Rosa", "Samir", "Sara", "Selma", "Stefan", "Tara", "Theo", "Tuva", "Viktor", "Yara", "Zain",
	}
	lastNames = []string{
		"Abbott", "Ahmed", "Andersson", "Bauer", "Becker", "Bianchi", "Campbell", "Carvalho", "Castillo", "Costa", "Dubois", "Eriksen",
		"Evans", "Ferrari", "Fischer", "Foster", "Garcia", "Gomez", "Haddad", "Hansen", "Hoffmann", "Hughes", "Ivanov", "Jacobs",
		"Jansen", "Kaya", "Keller", "Khan", "Kowalski", "Kumar", "Lambert", "Larsen", "Lopez", "Maier", "Marino", "Mendes", "Meyer",
		"Moreau", "Morris", "Nakamura", "Nguyen", "Novak", "Olsen", "Ortega", "Park", "Patel", "Petrov", "Ramos", "Reid", "Ricci",
		"Rossi", "Santos", "Sato", "Schmidt", "Silva", "Singh", "Sousa", "Suzuki", "Taylor", "Turner", "Vargas", "Virtanen", "Wagner",
		"Walsh", "Weber", "Wong", "Yamada", "Yilmaz", "Young", "Zimmermann",
	}
	departments = []string{"Sales", "Marketing", "Finance", "Operations", "Research", "IT", "Legal", "Human Resources", "Support", "Logistics"}
)
