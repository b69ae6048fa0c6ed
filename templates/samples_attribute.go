package templates

// sampleAttributes have a field of each kind.
func sampleAttributes() []AttributeField {
	both := func(en, ar string) Text { return Words(map[string]string{"en": en, "ar": ar}) }
	return []AttributeField{
		{Name: "employee_number", Label: both("Employee number", "الرقم الوظيفي"), Hint: both("As it stands on your badge.", "كما هو مكتوب على شارتك."), Kind: AttributeLine, Value: "E-1815", Required: true},
		{Name: "plan", Label: both("Plan", "الخطة"), Kind: AttributeChoice, Choices: []string{"free", "paid"}, Value: "paid", Required: true},
		{Name: "newsletter", Label: both("Newsletter", "النشرة الإخبارية"), Kind: AttributeYesNo, Value: "false"},
		{Name: "since", Label: both("With us since", "معنا منذ"), Kind: AttributeDate, Value: "2026-01-31"},
		{Name: "desk", Label: both("Desk", "المكتب"), Kind: AttributeNumber, Value: "12.5"},
		{Name: "blog", Label: both("Blog", "المدونة"), Kind: AttributeURL, Value: "https://ada.example.test/"},
		{Name: "languages", Label: both("Languages", "اللغات"), Hint: both("One a line.", "لغة واحدة في كل سطر."), Kind: AttributeLines, Value: "English\nFrench"},
		{Name: "cost_centre", Label: both("Cost centre", "مركز التكلفة"), Kind: AttributeLine, Value: "4711", ReadOnly: true},
	}
}

// wrongAttributes are those whose values cannot be taken.
func wrongAttributes() []AttributeField {
	fields := sampleAttributes()[:7]
	for i := range fields {
		fields[i].Problem = fields[i].Kind.Wrong()
	}
	return fields
}

func detailsSamples() []Sample {
	ask := Details{Base: sampleBase(), Action: "/login/details", Request: sampleRequest, Client: sampleClient(), Person: sampleAda(), Attributes: sampleAttributes()[:3]}
	missing := ask
	missing.Attributes = sampleAttributes()[:2]
	missing.Attributes[0].Value, missing.Attributes[0].Problem = "", Msg("attribute.wrong."+"missing")
	return []Sample{{"details", ask}, {"details-missing", missing}}
}
