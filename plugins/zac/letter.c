/* letter.c: see letter.h. The period is made of digits and fixed words: nothing in it needs escaping. */
#include "letter.h"

#define GREETING "Beste collega,"
#define BRINGS "In de bijlage vindt u het rapport over het gebruik van VIL in de periode"
#define SHEETS "Het bestand heeft drie tabbladen: Zaken, Informatieobjecten en Gebruikers."
#define CARE "Er staan persoonsgegevens in. Ga er zorgvuldig mee om."
#define CLOSING "Met vriendelijke groet,"
#define SENDER "De beheerders van VIL"
#define NOTICE "Dit bericht is automatisch gemaakt. U kunt dit bericht niet beantwoorden."

#define PARAGRAPH "<p style=\"margin: 0 0 16px;\">"
#define SURFACE "background: #ffffff; border: 1px solid #d9dde2; border-radius: 6px; color: #1f2328; "
#define LETTERS                                                                                                        \
	"font-family: system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; font-size: 16px; line-height: " \
	"1.5; "

const char *letter_text(struct bptl_task *t, const char *period)
{
	return bptl_format(
		t, GREETING "\n\n" BRINGS " %s.\n\n" SHEETS " " CARE "\n\n" CLOSING "\n\n" SENDER "\n\n" NOTICE "\n",
		period);
}

const char *letter_html(struct bptl_task *t, const char *period, int with_crest)
{
	const char *crest =
		with_crest ? "<p style=\"margin: 0 0 24px;\"><img src=\"cid:" LETTER_CREST
			     "\" alt=\"Wapen van de gemeente\" height=\"72\" style=\"height: 72px; width: auto; "
			     "border: 0;\"></p>\n"
			   : "";

	return bptl_format(
		t,
		"<!DOCTYPE html>\n"
		"<html lang=\"nl\">\n"
		"<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>" LETTER_SUBJECT "</title>\n"
		"</head>\n"
		"<body style=\"margin: 0; padding: 0; background: #f1f3f5;\">\n"
		"<table role=\"presentation\" width=\"100%%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n"
		"<tr><td align=\"center\" style=\"padding: 24px 12px; background: #f1f3f5;\">\n"
		"<table role=\"presentation\" width=\"100%%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" "
		"style=\"max-width: 600px; " SURFACE LETTERS "text-align: left;\">\n"
		"<tr><td style=\"padding: 32px 28px;\">\n"
		"%s" PARAGRAPH GREETING "</p>\n" PARAGRAPH BRINGS " %s.</p>\n" PARAGRAPH SHEETS " " CARE "</p>\n"
		"<p style=\"margin: 24px 0 16px;\">" CLOSING "</p>\n"
		"<p style=\"margin: 0;\">" SENDER "</p>\n"
		"<p style=\"margin: 32px 0 0; padding: 16px 0 0; border-top: 1px solid #d9dde2; color: #59636e; "
		"font-size: 14px;\">" NOTICE "</p>\n"
		"</td></tr>\n"
		"</table>\n"
		"</td></tr>\n"
		"</table>\n"
		"</body>\n"
		"</html>\n",
		crest, period);
}
