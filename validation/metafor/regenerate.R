# The estimates that claimbook makes, made by R's metafor. See README.md; run regenerate.sh.
suppressMessages(library(metafor))

here <- "validation/metafor"
strict <- list(threshold = 1e-12, maxiter = 10000)

# ---- inputs: published proportion datasets, made-up corner cases, this project's rows ----------

published <- function(dataset, xi, ni, group = "", number = NA) {
  data.frame(dataset = dataset, row_id = sprintf("r%02d", seq_along(xi)), cases = xi, n = ni,
             prevalence_percent = NA, group = as.character(group), number = number)
}
pagliaro <- subset(dat.pagliaro1992, trt == "control")
hasselblad <- subset(dat.hasselblad1998, trt == "no_contact")
inputs <- rbind(
  published("pritz1997", dat.pritz1997$xi, dat.pritz1997$ni),
  published("debruin2009", dat.debruin2009$xi, dat.debruin2009$ni,
            dat.debruin2009$ethnicity, dat.debruin2009$scq),
  published("hannum2020", dat.hannum2020$xi, dat.hannum2020$ni, dat.hannum2020$objectivity),
  published("pagliaro1992_control", pagliaro$xi, pagliaro$ni),
  published("hasselblad1998_no_contact", hasselblad$xi, hasselblad$ni, "", hasselblad$year),
  published("nielweise2007_control", dat.nielweise2007$ci, dat.nielweise2007$n2i, "",
            dat.nielweise2007$year),
  published("nielweise2007_treated", dat.nielweise2007$ai, dat.nielweise2007$n1i),
  published("made_up_two", c(12, 30), c(150, 200)),
  published("made_up_three", c(4, 12, 40), c(100, 90, 300)),
  published("made_up_alike", c(10, 21, 30, 41, 50), c(100, 200, 300, 400, 500)),
  published("made_up_edges", c(0, 20, 7, 9, 3), c(40, 20, 30, 25, 60))
)
rls <- read.csv("data/evidence/rls_prevalence.csv", na.strings = "")
rls <- rls[as.character(rls$poolable) == "true", ]
project <- function(name, keep) {
  part <- rls[keep, ]
  data.frame(dataset = paste0("project_", name), row_id = part$row_id, cases = part$cases,
             n = part$n, prevalence_percent = part$prevalence_percent,
             group = part$region, number = part$year)
}
inputs <- rbind(
  inputs,
  project("all", rep(TRUE, nrow(rls))),
  project("all_adult", rls$age_scope == "all_adult"),
  project("midlife_and_older", rls$age_scope == "midlife_and_older"),
  project("older_adult", rls$age_scope == "older_adult"),
  project("united_states", rls$country %in% "United States"),
  project("four_criteria", rls$case_definition_class == "four_criteria")
)
write.csv(inputs, file.path(here, "inputs.csv"), row.names = FALSE, na = "", quote = FALSE)

# ---- results, long: dataset, analysis, row, quantity, value ------------------------------------

results <- list()
put <- function(dataset, analysis, values, row = "") {
  values <- unlist(values)
  results[[length(results) + 1]] <<- data.frame(
    dataset = dataset, analysis = analysis, row = row, quantity = names(values),
    value = ifelse(is.na(values), "", sprintf("%.17g", values)))
}

summary_of <- function(fit, q = fit$QE, q_p = fit$QEp) {
  pr <- predict(fit)
  out <- c(estimate = coef(fit)[[1]], se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub,
           tau2 = fit$tau2, i2 = fit$I2, q = q, q_df = fit$k - 1, q_p = q_p, k = fit$k)
  if (!is.null(pr$pi.lb)) out <- c(out, pi_low = pr$pi.lb, pi_high = pr$pi.ub)
  out
}

for (dataset in unique(inputs$dataset)) {
  d <- inputs[inputs$dataset == dataset, ]
  x <- ifelse(is.na(d$cases), d$prevalence_percent / 100 * d$n, d$cases)
  es <- escalc(measure = "PLO", xi = x, ni = d$n)
  for (method in c("REML", "DL")) for (test in c("knha", "adhoc", "t", "z")) {
    control <- if (method == "REML") strict else list()
    fit <- suppressWarnings(rma(yi, vi, data = es, method = method, test = test, control = control))
    out <- summary_of(fit)
    if (nrow(d) > 2 && test == "z") {  # Higgins 2009, by hand: metafor 3.8 has no k - 2 interval
      reach <- qt(0.975, nrow(d) - 2) * sqrt(fit$se^2 + fit$tau2)
      out <- c(out, pi_low_k2 = coef(fit)[[1]] - reach, pi_high_k2 = coef(fit)[[1]] + reach)
    }
    put(dataset, paste(tolower(method), test), out)
    if (method == "REML" && test == "knha") {
      w <- weights(fit)
      for (i in seq_along(w)) put(dataset, "study", c(yi = es$yi[i], vi = es$vi[i],
                                                     weight_percent = w[[i]]), d$row_id[i])
      if (nrow(d) > 2) {
        loo <- leave1out(fit)
        for (i in seq_len(nrow(d))) put(dataset, "leave one out", c(
          estimate = loo$estimate[i], ci_low = loo$ci.lb[i], ci_high = loo$ci.ub[i],
          tau2 = loo$tau2[i], i2 = loo$I2[i]), d$row_id[i])
        plain <- rma(yi, vi, data = es, test = "z", control = strict)
        inf <- as.data.frame(influence(plain)$inf)
        for (i in seq_len(nrow(d))) put(dataset, "influence", c(
          rstudent = inf$rstudent[i], dffits = inf$dffits[i], cooks_d = inf$cook.d[i],
          cov_ratio = inf$cov.r[i], tau2_without = inf$tau2.del[i], q_without = inf$QE.del[i],
          hat = inf$hat[i]), d$row_id[i])
        for (predictor in c("ninv", "sei")) {
          r <- regtest(fit, predictor = predictor, ret.fit = TRUE)$fit
          put(dataset, paste("small study", predictor), c(
            slope = coef(r)[[2]], se = r$se[2], t = r$zval[2], p = r$pval[2], df = r$ddf[[1]],
            limit = coef(r)[[1]], limit_low = r$ci.lb[1], limit_high = r$ci.ub[1]))
        }
      }
    }
  }
  fit <- rma(yi, vi, data = es, method = "EE", test = "z")
  put(dataset, "common z", summary_of(fit))
  for (test in c("t", "z")) {
    fit <- try(suppressWarnings(rma.glmm(measure = "PLO", xi = round(x), ni = d$n, test = test)),
               silent = TRUE)
    if (!inherits(fit, "try-error"))
      put(dataset, paste("glmm", test), summary_of(fit, fit$QE.LRT, fit$QEp.LRT))
  }
}

regression <- function(dataset, name, formula) {
  d <- inputs[inputs$dataset == dataset, ]
  x <- ifelse(is.na(d$cases), d$prevalence_percent / 100 * d$n, d$cases)
  es <- escalc(measure = "PLO", xi = x, ni = d$n, data = d)
  fit <- rma(yi, vi, mods = formula, data = es, test = "knha", control = strict)
  analysis <- paste("regression", name)
  put(dataset, analysis, c(tau2 = fit$tau2, r2 = fit$R2, i2 = fit$I2, qe = fit$QE, qe_p = fit$QEp,
                           f = fit$QM, f_df1 = fit$QMdf[1], f_df2 = fit$QMdf[2], f_p = fit$QMp))
  terms <- gsub("number$", "number", rownames(fit$beta))
  terms <- sub("^group", "group: ", sub("^intrcpt$", "intercept", terms))
  for (i in seq_along(terms)) put(dataset, analysis, c(
    estimate = fit$beta[[i]], se = fit$se[i], ci_low = fit$ci.lb[i], ci_high = fit$ci.ub[i],
    p = fit$pval[i]), terms[i])
}
regression("debruin2009", "group", ~ group)
regression("debruin2009", "group and number", ~ group + number)
regression("hannum2020", "group", ~ group)
regression("hasselblad1998_no_contact", "number", ~ number)
regression("project_all", "group", ~ group)
regression("project_all", "group and number", ~ group + number)

# ---- age curve: multilevel model with known sampling variances ---------------------------------

age <- read.csv(file.path(here, "age_inputs.csv"))
age$x <- (age$age - 50) / 10
knots <- quantile(unique(age$x), c(0.1, 0.5, 0.9), names = FALSE)
cube <- function(k) pmax(age$x - k, 0)^3
age$s <- (cube(knots[1]) - cube(knots[2]) * (knots[3] - knots[1]) / (knots[3] - knots[2]) +
          cube(knots[3]) * (knots[2] - knots[1]) / (knots[3] - knots[2])) / (knots[3] - knots[1])^2
age$one <- 1
for (form in c("linear", "spline")) for (slope in c(FALSE, TRUE)) for (method in c("ML", "REML")) {
  mods <- if (form == "linear") ~ x else ~ x + s
  random <- if (slope) list(~ 1 | study, ~ 1 | id, ~ 0 + x | study) else list(~ 1 | study, ~ 1 | id)
  fit <- if (slope)
    rma.mv(yi, vi, mods = mods, random = list(~ x | study, ~ 1 | id), struct = "GEN",
           rho = 0, data = age, method = method)
  else rma.mv(yi, vi, mods = mods, random = random, data = age, method = method)
  variances <- if (slope) c(intercept = fit$tau2[1], slope = fit$tau2[2], stratum = fit$sigma2[1])
               else c(intercept = fit$sigma2[1], slope = 0, stratum = fit$sigma2[2])
  analysis <- paste("age", form, if (slope) "slope" else "intercept", tolower(method))
  put("age_strata", analysis, c(variances, log_likelihood = as.numeric(logLik(fit, REML = method == "REML"))))
  for (i in seq_along(fit$se)) put("age_strata", analysis, c(
    estimate = fit$beta[[i]], se = fit$se[i]), c("intercept", "x", "s")[i])
}

# ---- women against men ------------------------------------------------------------------------

pairs <- read.csv(file.path(here, "pair_inputs.csv"))
pairs$x <- ifelse(is.na(pairs$cases), pairs$prevalence_percent / 100 * pairs$n, pairs$cases)
f <- pairs[pairs$sex == "female", ]; m <- pairs[pairs$sex == "male", ]
m <- m[match(f$sample_id, m$sample_id), ]
for (measure in c("OR", "RR")) {
  es <- escalc(measure = measure, ai = f$x, n1i = f$n, ci = m$x, n2i = m$n)
  fit <- rma(yi, vi, data = es, test = "knha", control = strict)
  put("pairs", measure, summary_of(fit))
  for (i in seq_len(nrow(f))) put("pairs", measure, c(yi = es$yi[i], vi = es$vi[i]), f$sample_id[i])
}

results <- do.call(rbind, results)
write.csv(results, file.path(here, "results.csv"), row.names = FALSE, quote = FALSE)
versions <- data.frame(name = c("R", "metafor", "metadat", "lme4"), version = c(
  paste(R.version$major, R.version$minor, sep = "."), as.character(packageVersion("metafor")),
  as.character(packageVersion("metadat")), as.character(packageVersion("lme4"))))
write.csv(versions, file.path(here, "versions.csv"), row.names = FALSE, quote = FALSE)
