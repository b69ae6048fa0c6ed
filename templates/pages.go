package templates

// everyPage has one value of each page. New parses a file for each.
var everyPage = []Page{
	Login{}, SelectAccount{}, Details{}, Factor{}, SetUpApp{}, Consent{}, Device{}, DeviceConsent{}, DeviceDone{}, Home{}, SignOut{}, SignedOut{}, Error{}, FormPost{}, Leaving{}, Playground{}, Dev{}, DevMails{}, DevMail{},
	AskMail{}, MailSent{}, SetPassword{}, SignUp{}, ConfirmAddress{}, MailDone{}, NewEmail{}, MailCode{}, MailSignIn{}, Upgrade{},
	Overview{}, Security{}, NewPassword{}, NewPasskey{},
	Sessions{}, Apps{}, Profile{}, Activity{}, Data{}, Deletion{}, Deleted{}, KeepAccount{}, AgreeTerms{}, Document{},
	ProveLink{}, ConfirmLink{}, Connections{},
}
