//! The table of token formats: facts that their issuers publish, one row for each form of body.

use Body::{Alnum, Any, Base64, Hex, Upper, Uuid, Word};

/// The characters that follow a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Letters and digits.
    Alnum,
    /// Letters, digits, `_` and `-`.
    Word,
    /// Those and dots.
    Any,
    /// Base64 of both alphabets.
    Base64,
    /// Hexadecimal digits, and dashes between groups.
    Hex,
    /// Capitals and digits.
    Upper,
    /// A UUID.
    Uuid,
}

/// Prefixes with a body in common; spaces separate them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) prefixes: &'static str,
    pub(super) body: Body,
    /// The least length of the body.
    pub(super) least: usize,
    /// Whether the prefix is not enough, so that the body has to look random too.
    pub(super) needs_chance: bool,
}

const fn sure(prefixes: &'static str, body: Body, least: usize) -> Format {
    Format { prefixes, body, least, needs_chance: false }
}

/// Rows whose prefixes begin other words too.
const fn likely(prefixes: &'static str, body: Body, least: usize) -> Format {
    Format { prefixes, body, least, needs_chance: true }
}

#[rustfmt::skip]
pub(super) const FORMATS: &[Format] = &[
    // Source code and packages.
    sure("ghp_ gho_ ghu_ ghs_ ghr_", Alnum, 30),
    sure("github_pat_", Word, 40),
    sure("glpat- gldt- glft- glrt- glptt- glsoat- glffct- glimt- glcbt- glagent- gloas- glwt- GR1348941", Any, 16),
    sure("ATBB ATCTT3x ATATT3x ATSTT3x", Base64, 20),
    sure("sgp_ sgd_ sgs_", Word, 32),
    sure("npm_", Alnum, 30),
    sure("pypi-Ag", Word, 30),
    sure("rubygems_", Hex, 40),
    sure("dckr_pat_ dckr_oat_", Word, 20),
    sure("CLOJARS_ jfrt@ AKCp cmVmd", Alnum, 48),
    likely("oy2 cio", Alnum, 32),
    sure("CCIPAT_ CCIPRJ_", Word, 30),
    sure("bkua_ bkpat_ bkrt_ bkat_", Word, 30),
    sure("squ_ sqp_ sqa_", Hex, 32),
    sure("ico- pul-", Alnum, 32),
    sure("snyk_uat. snyk_sat.", Any, 20),
    likely("sk_ rk_ pdl_ pnu_ rdme_ fio-u- tfp_", Word, 20),
    sure("API-", Upper, 26),
    // Clouds and hosting.
    sure("AKIA ASIA ABIA ACCA A3T", Upper, 16),
    sure("ABSK bedrock-api-key-", Base64, 60),
    sure("amzn.mws. amzn1.oa2-cs.v1. Atza|", Any, 30),
    sure("AIza", Word, 33),
    sure("ya29. 1//0", Word, 20),
    sure("GOCSPX-", Word, 20),
    sure("LTAI AKLT AKID", Alnum, 12),
    sure("AQVN y0_ t1.9eu", Word, 30),
    sure("dop_v1_ doo_v1_ dor_v1_", Hex, 60),
    sure("DO00", Upper, 16),
    sure("HRKU-", Word, 30),
    sure("fo1_ fm1a_ fm1r_ fm2_", Base64, 30),
    sure("nfp_ nfc_ nfo_ nfu_", Word, 30),
    sure("vcp_ vci_ vca_ vcr_ vck_", Alnum, 20),
    sure("rnd_", Alnum, 20),
    sure("v1.0-", Hex, 60),
    sure("cfut_ cfat_ cfk_", Word, 30),
    sure("tk-us- tk-eu-", Word, 40),
    sure("sha256~", Word, 40),
    sure("ptr_ ddp_ ddo_ jca_", Word, 30),
    sure("sbp_ sb_secret_", Word, 20),
    sure("napi_", Word, 40),
    sure("pscale_tkn_ pscale_oauth_ pscale_pw_", Any, 30),
    sure("mdb_sa_sk_ mzp_ CCDB1_ xau_ AVNS_", Word, 14),
    sure("dapi dose dkea", Hex, 30),
    sure("dbtc_ dbtu_ dbts_", Word, 20),
    // Chat, mail and telephony.
    sure("xoxb- xoxp- xoxa- xoxe- xoxe. xoxo- xoxr- xoxs- xoxd- xoxc- xapp- xwfp-", Any, 16),
    sure("SG.", Any, 40),
    sure("key-", Hex, 32),
    sure("SK", Hex, 32),
    sure("xkeysib- xsmtpsib-", Word, 60),
    likely("re_", Word, 20),
    sure("mlsn.", Hex, 40),
    sure("os_v2_", Word, 30),
    sure("dG9rO", Base64, 40),
    likely("EAAA sq0atp- sq0csp- sq0idp-", Word, 22),
    likely("EAA", Alnum, 60),
    sure("IGQV IGAA", Word, 60),
    // Payment and commerce.
    sure("sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ whsec_ sk_org_", Base64, 16),
    sure("shpat_ shpca_ shppa_ shpss_ shpua_ shprt_ shpit_", Hex, 30),
    sure("access_token$production$ access_token$sandbox$", Any, 20),
    sure("FLWSECK_TEST- FLWSECK- rzp_live_ rzp_test_ EZAK EZTK", Alnum, 12),
    sure("shippo_live_ shippo_test_", Hex, 40),
    sure("duffel_live_ duffel_test_", Base64, 20),
    sure("polar_oat_ polar_pat_ pdl_live_apikey_ pdl_sdbx_apikey_", Word, 20),
    likely("live_ test_", Alnum, 28),
    sure("access-sandbox- access-production- access-development-", Uuid, 36),
    // Models, search and agents.
    sure("sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or-v1- sk-lf- sk-or- sk-oat", Word, 16),
    likely("sk- csk- pa- ak- as- ck- m0- ste- key_", Word, 20),
    sure("hf_ api_org_", Alnum, 30),
    sure("gsk_ xai- pplx- r8_ tgp_v1_ fw_ nvapi- esecret_ jina_ tvly- pcsk_", Word, 20),
    sure("fc- fcp-", Hex, 30),
    sure("lsv2_pt_ lsv2_sk_ ls__", Word, 30),
    sure("bb_live_ bb_test_ apify_api_ e2b_ dtn_ llx- hb- n8n_api_ comp_ rpa_ KGAT_ wandb_v1_ BSA", Word, 20),
    sure("hcaik_ hcbik_ hcamk_ hcxik_ hcalk_ hcxlk_", Word, 20),
    sure("phx_ phs_", Alnum, 30),
    // Work and knowledge.
    sure("lin_api_ lin_oauth_ lin_wh_", Alnum, 30),
    sure("ntn_", Alnum, 30),
    likely("secret_", Alnum, 36),
    sure("figd_ figo_ figu_ figor_", Word, 20),
    sure("CFPAT-", Word, 30),
    sure("pat-na1- pat-eu1- pat-na2- pat-ap1-", Uuid, 36),
    sure("ATTA", Hex, 60),
    sure("sl. sl.u.", Word, 60),
    sure("WPL_AP1. p8e-", Any, 20),
    sure("PMAK-", Hex, 50),
    sure("api- sdk- mob- secret-live- secret-test- snyk-", Uuid, 36),
    // Operations and security.
    sure("glc_ glsa_", Base64, 30),
    sure("eyJrIjoi", Base64, 60),
    sure("sntrys_ sntryu_ sntrya_ sntryi_", Base64, 40),
    sure("NRAK- NRII- NRJS- NRRA- NRIQ- NRAL-", Word, 18),
    sure("xaat- xapt-", Uuid, 36),
    sure("dt0c01. dt0s01. dt0s16.", Any, 60),
    sure("hvs. hvb. hvr.", Word, 24),
    likely("s. b. r.", Alnum, 24),
    sure("dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dp.said.", Any, 30),
    sure("ops_eyJ", Base64, 60),
    sure("A3-", Word, 28),
    sure("tskey-", Word, 16),
    sure("AGE-SECRET-KEY-", Upper, 50),
    sure("AGE-PLUGIN-", Word, 50),
    sure("essu_ ESSU", Base64, 20),
    sure("signkey- tr_dev_ tr_prod_ tr_stg_ vtwn_", Word, 20),
    sure("nsec1", Alnum, 50),
    sure("xprv yprv zprv tprv", Alnum, 100),
    sure("chpt_ ntfy_ ghsr_ rpk_ zpka_ retool_ spotify_ ory_at_ ory_st_ ory_rt_ ory_pat_ ory_apikey_", Word, 12),
    sure("sm_aat_ sm_pat_ sm_sat_", Alnum, 16),
    sure("s-s4t2ud- s-s4t2af-", Hex, 60),
    sure("duo_ private_ imp_ sky_", Alnum, 24),
    // Hashes of passwords are passwords for whoever guesses well.
    sure("$2a$ $2b$ $2y$", Any, 2),
    sure("$argon2id$ $argon2i$ $argon2d$ $scrypt$ $apr1$ $pbkdf2-", Any, 2),
];

/// Documented examples, and tokens that are meant to be public.
pub(super) const EXAMPLES: [&str; 3] =
    ["EXAMPLE", "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l", "T00000000/B00000000"];
