// Talks to the server named on the command line; prints what it hears as one JSON object.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sagemakerruntime"
)

func main() {
	config := &aws.Config{
		Endpoint:    aws.String(os.Args[1]),
		Region:      aws.String("eu-west-1"),
		MaxRetries:  aws.Int(0),
		Credentials: credentials.NewStaticCredentials("111122223333", "secret", ""),
	}
	client := sagemakerruntime.New(session.Must(session.NewSession(config)))
	heard := map[string]interface{}{}
	answer, err := client.InvokeEndpoint(&sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String("churn"),
		Body:         []byte("[1]"),
		ContentType:  aws.String("application/json"),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	heard["body"] = string(answer.Body)
	heard["contentType"] = aws.StringValue(answer.ContentType)
	_, err = client.InvokeEndpoint(&sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String("ill"),
		Body:         []byte("x"),
	})
	if failed, ok := err.(*sagemakerruntime.ModelError); ok {
		heard["modelError"] = map[string]interface{}{
			"code":    failed.Code(),
			"status":  failed.StatusCode(),
			"origin":  aws.Int64Value(failed.OriginalStatusCode),
			"message": aws.StringValue(failed.OriginalMessage),
			"log":     aws.StringValue(failed.LogStreamArn),
		}
	}
	_, err = client.InvokeEndpoint(&sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String("nobody"),
		Body:         []byte("x"),
	})
	if refused, ok := err.(awserr.Error); ok {
		heard["refused"] = refused.Code()
	}
	text, _ := json.Marshal(heard)
	fmt.Println(string(text))
}
