# Prints what zsh offers for each line of standard input, each answer ended by a line "--": types the
# line and a tabulator into a zsh on a terminal of its own, whose compadd tells what it is given.
# Usage: zsh -f zsh_complete.zsh PAGES <LINES
zmodload zsh/zpty
setup=$(mktemp) || exit 1
trap 'rm -f $setup' EXIT
cat >$setup <<'SETUP'
PROMPT=
unsetopt prompt_cr prompt_sp beep
stty -echo
fpath=($PAGES $fpath)
autoload -Uz compinit
compinit -u -D
zstyle ':completion:*' insert-tab false
zstyle ':completion:*' list-separator ''
bindkey -e
bindkey '^I' complete-word
begin() { print -r -- "<BEGIN>" }
# Nothing is put into the line or listed.
finish() {
    compstate[insert]=
    compstate[list]=
    print -r -- "<END>"
}
tell() {
    compprefuncs=(begin)
    comppostfuncs=(finish)
    zle complete-word
    zle kill-buffer
}
zle -N tell
bindkey '^I' tell
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a hits
    builtin compadd -A hits "$@"
    (( $#hits == 0 )) || print -rl -- "<HIT>"${^hits}
    builtin compadd "$@"
}
print -r -- "<READY>"
SETUP
export PAGES=${1:A}
zpty shell zsh -f -i
await() { # MARK
    local got
    while zpty -r shell got; do
        got=${got//$'\r'/}
        got=${got%$'\n'}
        [[ $got != *'<HIT>'* ]] || print -r -- ${got#*<HIT>}
        [[ $got != *$1* ]] || return 0
    done
    return 1
}
zpty -w shell "source ${(q)setup}"
await '<READY>' || exit 1
while IFS= read -r line; do
    zpty -w -n shell "$line"$'\t'
    await '<END>' || exit 1
    print -r -- --
done
zpty -d shell
