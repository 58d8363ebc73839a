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
#define DATE "<span style=\"white-space: nowrap;\">%s</span>"
#define SURFACE "background: #ffffff; border: 1px solid #d9dde2; border-radius: 6px; color: #1f2328; "
#define LETTERS                                                                                                        \
	"font-family: system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; font-size: 16px; line-height: " \
	"1.5; "

/* What cannot stand in the elements themselves: phones, and dark screens. */
#define STYLE                                                                                                          \
	"<style>\n"                                                                                                    \
	"@media (max-width: 640px) {\n"                                                                                \
	"\t.page { padding: 0 !important; }\n"                                                                         \
	"\t.card { border-radius: 0 !important; border-left: 0 !important; border-right: 0 !important; }\n"            \
	"}\n"                                                                                                          \
	"@media (prefers-color-scheme: dark) {\n"                                                                      \
	"\tbody, .page { background: #16191d !important; }\n"                                                          \
	"\t.card { background: #22272e !important; border-color: #3a424c !important; color: #e8eaed !important; }\n"   \
	"\t.small { color: #b3bac3 !important; border-color: #3a424c !important; }\n"                                  \
	"}\n"                                                                                                          \
	"</style>\n"

const char *letter_text(struct bptl_task *t, const char *from, const char *to)
{
	return bptl_format(t,
			   GREETING "\n\n" BRINGS " %s tot en met %s.\n\n" SHEETS " " CARE "\n\n" CLOSING "\n\n" SENDER
				    "\n\n" NOTICE "\n",
			   from, to);
}

const char *letter_html(struct bptl_task *t, const char *from, const char *to, int with_crest)
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
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<title>" LETTER_SUBJECT "</title>\n" STYLE "</head>\n"
		"<body style=\"margin: 0; padding: 0; background: #f1f3f5;\">\n"
		"<table role=\"presentation\" width=\"100%%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n"
		"<tr><td class=\"page\" align=\"center\" style=\"padding: 24px 12px; background: #f1f3f5;\">\n"
		"<table role=\"presentation\" class=\"card\" width=\"100%%\" cellpadding=\"0\" cellspacing=\"0\" "
		"border=\"0\" style=\"max-width: 600px; " SURFACE LETTERS "text-align: left;\">\n"
		"<tr><td style=\"padding: 32px 28px;\">\n"
		"%s" PARAGRAPH GREETING "</p>\n" PARAGRAPH BRINGS " " DATE " tot en met " DATE
		".</p>\n" PARAGRAPH SHEETS " " CARE "</p>\n"
		"<p style=\"margin: 24px 0 16px;\">" CLOSING "</p>\n"
		"<p style=\"margin: 0;\">" SENDER "</p>\n"
		"<p class=\"small\" style=\"margin: 32px 0 0; padding: 16px 0 0; border-top: 1px solid #d9dde2; color: "
		"#59636e; "
		"font-size: 14px;\">" NOTICE "</p>\n"
		"</td></tr>\n"
		"</table>\n"
		"</td></tr>\n"
		"</table>\n"
		"</body>\n"
		"</html>\n",
		crest, from, to);
}
